"""``kgents_core``: nodes and their ledger, covenants and budgets, operads and their laws."""

import copy
import hashlib
import inspect
import pickle

import kgents_core
import pytest
from kgents_core import (
    AppendError,
    Budget,
    Covenant,
    CovenantGate,
    CovenantRegistry,
    Operad,
    OperadLawError,
    TraceLedger,
    TraceNode,
    verify_operad_laws,
)


def test_the_seed_s_example():
    node = TraceNode(id="abc", origin="brain", timestamp=1234567890)
    ledger = TraceLedger()
    assert ledger.append(node) == 0 and ledger[0] == node == ledger.get("abc") and "abc" in ledger
    assert (node.id, node.origin, node.timestamp) == ("abc", "brain", 1234567890)
    with pytest.raises(AttributeError):
        node.id = "other"


def test_help_is_worth_reading():
    for name in kgents_core.__all__:
        member = getattr(kgents_core, name)
        assert inspect.getdoc(member), name
        for method, value in vars(member).items() if isinstance(member, type) else ():
            if callable(value) and not method.startswith("_"):
                assert inspect.getdoc(value), f"{name}.{method}"


def test_nodes_are_values():
    node = TraceNode("b", "o", 5, kind="verdict", tags=["x", "a"], links=[("causes", "a")], payload=b"\0data")
    assert node.tags == ["a", "x"] and node.links == [("causes", "a")] and node.payload == b"\0data"
    for again in (pickle.loads(pickle.dumps(node)), copy.deepcopy(node)):
        assert again == node and hash(again) == hash(node) and repr(again) == repr(node)
    assert node.leaf_hash() == hashlib.sha256(b"\0" + node.header()).digest()
    for bad in (("", "o", 1), ("i", "", 1), ("i", "o", 2**60), ("i" * 70000, "o", 1)):
        with pytest.raises(ValueError):
            TraceNode(*bad)
    with pytest.raises(ValueError, match="no kind of link"):
        TraceNode("i", "o", 1, links=[("likes", "x")])


def test_the_ledger_keeps_its_laws():
    ledger = TraceLedger()
    ledger.append(TraceNode("a", "o", 5))
    for bad in (TraceNode("a", "p", 9), TraceNode("b", "o", 4), TraceNode("b", "o", 6, links=[("causes", "x")])):
        with pytest.raises(AppendError):
            ledger.append(bad)
    assert len(ledger) == 1
    ledger.append(TraceNode("b", "o", 6, links=[("causes", "a")], tags=["t"], kind="k"))
    assert [node.id for node in ledger.query(origin="o", since=6)] == ["b"]
    assert [node.id for node in ledger.query(tag="t", kind="k")] == ["b"] and ledger[-1].id == "b"
    with pytest.raises(IndexError):
        ledger[2]
    assert [node.id for node in ledger] == ["a", "b"]


def test_batches_and_single_appends_give_one_root():
    nodes = [TraceNode(str(i), "o", i) for i in range(100)]
    one, many, rows = TraceLedger(), TraceLedger(), TraceLedger()
    for node in nodes:
        one.append(node)
    assert many.append_many(nodes) == 100
    assert rows.append_rows([str(i) for i in range(100)], ["o"] * 100, range(100)) == 100
    assert one.root() == many.root() == rows.root() != TraceLedger().root()


def test_inclusion_proofs_hold():
    ledger = TraceLedger()
    for i in range(37):
        ledger.append(TraceNode(str(i), "o", i))
    root = ledger.root()

    def walk(leaf, index, size, proof):
        # RFC 9162, 2.1.3.2.
        fn, sn, value = index, size - 1, leaf
        for step in proof:
            if fn & 1 or fn == sn:
                value = hashlib.sha256(b"\1" + step + value).digest()
                while not fn & 1 and fn:
                    fn, sn = fn >> 1, sn >> 1
            else:
                value = hashlib.sha256(b"\1" + value + step).digest()
            fn, sn = fn >> 1, sn >> 1
        return value

    for index in range(37):
        assert walk(ledger[index].leaf_hash(), index, 37, ledger.inclusion_proof(index)) == root
    assert ledger.consistency_proof(20)
    with pytest.raises(ValueError):
        ledger.inclusion_proof(37)


def test_a_covenant_allows_what_it_names_and_no_more():
    covenant = Covenant(
        "assistant",
        [("fs", "read/**"), ("fs", "delete/tmp/*")],
        gates=[("deleting", "fs", "delete/**")],
        budgets={"tokens": 10},
        expires_at_ms=1000,
    )
    assert pickle.loads(pickle.dumps(covenant)) == covenant
    gate = CovenantGate(covenant)
    assert gate.check("fs", "read/a/b") and gate.allows("fs", "read/a")
    denied = gate.check("fs", "write/a")
    assert not denied and denied.outcome == "deny" and denied.reason == "no-permission"
    with pytest.raises(PermissionError, match="no-permission"):
        gate.require("fs", "write/a")
    waiting = gate.check("fs", "delete/tmp/x", now_ms=2)
    assert waiting.outcome == "review" and not waiting
    gate.approve(waiting.review, "grace", 3)
    assert gate.resume(waiting.review, 4)
    assert gate.check("fs", "read/a", costs={"tokens": 7}) and gate.free("tokens") == 3
    assert gate.check("fs", "read/a", costs={"tokens": 7}).reason == "budget" and gate.free("tokens") == 3
    with pytest.raises(KeyError):
        gate.check("fs", "read/a", costs={"other": 1})
    assert gate.check("fs", "read/a", now_ms=1000).reason == "expired"


def test_a_part_of_a_covenant_is_no_more_than_it():
    covenant = Covenant("assistant", [("fs", "read/**")], budgets={"tokens": 10})
    part = covenant.attenuate("helper", [("fs", "read/docs/*")], budgets={"tokens": 5})
    assert part.parent == "assistant" and CovenantGate(part).allows("fs", "read/docs/a")
    assert not CovenantGate(part).allows("fs", "read/other")
    for wider in ([("fs", "**")], [("net", "read/docs/*")]):
        with pytest.raises(ValueError):
            covenant.attenuate("helper", wider)
    gate = CovenantGate(covenant)
    gate.revoke("ada")
    assert gate.check("fs", "read/a").reason == "not-granted"


def test_with_a_covenant_its_parts_are_taken_back():
    assistant = Covenant("assistant", [("fs", "read/**")], expires_at_ms=100)
    helper = assistant.attenuate("helper", [("fs", "read/docs/*")], now_ms=1)
    registry, gate = CovenantRegistry(), CovenantGate(helper)
    with pytest.raises(KeyError):
        registry.insert(helper)
    for covenant in (assistant, helper):
        registry.insert(covenant)
    with pytest.raises(ValueError, match="there is a grant"):
        registry.insert(helper)
    assert len(registry) == 2 and "helper" in registry and "other" not in registry
    assert gate.follow(registry, "registry", 2) and gate.allows("fs", "read/docs/a", 2)

    with pytest.raises(ValueError):
        registry.revoke("assistant", "", 3)
    assert registry.revoke("assistant", "ada", 3) == ["assistant", "helper"]
    assert not registry.is_active("helper", 4) and not gate.follow(registry, "registry", 4)
    assert gate.check("fs", "read/docs/a", now_ms=4).reason == "not-granted"
    with pytest.raises(ValueError, match="revoked"):
        registry.grant("helper", "ada", 5)
    with pytest.raises(ValueError, match="revoked"):
        registry.insert(assistant.attenuate("other", [], now_ms=5))
    registry.grant("assistant", "ada", 5)
    assert not registry.is_active("helper", 5)
    registry.grant("helper", "ada", 5)
    assert registry.is_active("helper", 5) and not registry.is_active("helper", 100)

    with pytest.raises(ValueError, match="ends at"):
        registry.expire("assistant", "clock", 99)
    registry.expire("assistant", "clock", 100)
    for unknown in (registry.revoke, registry.grant, registry.expire):
        with pytest.raises(KeyError):
            unknown("other", "ada", 101)
    with pytest.raises(ValueError):
        gate.follow(registry, "")


def test_a_budget_is_reserved_and_settled():
    budget = Budget({"tokens": 10, "calls": 2})
    reservation = budget.reserve("tokens", 8)
    with pytest.raises(ValueError):
        budget.reserve("tokens", 3)
    assert budget.commit(reservation, 5) == 3
    with pytest.raises(ValueError):
        budget.commit(reservation, 1)
    budget.spend({"tokens": 5, "calls": 1})
    assert budget.balance("tokens") == {"ceiling": 10, "spent": 10, "reserved": 0, "free": 0}
    with pytest.raises(ValueError):
        budget.spend({"calls": 1, "tokens": 1})
    assert budget.balance("calls")["free"] == 1 and budget.counters == ["tokens", "calls"]
    with pytest.raises(KeyError):
        budget.reserve("other", 1)


class Strings:
    """Texts under concatenation: the laws hold."""

    operations = ["", "a", "b", "ab"]

    def compose(self, a, b):
        return a + b

    def identity(self):
        return ""


class Differences(Strings):
    """Numbers under subtraction: associativity does not."""

    operations = [0, 1, 2]

    def compose(self, a, b):
        return a - b

    def identity(self):
        return 0


def test_laws_of_an_object():
    assert verify_operad_laws(Strings()) > 50
    with pytest.raises(OperadLawError) as broken:
        verify_operad_laws(Differences())
    assert broken.value.law in ("left-identity", "sequential-associativity") and broken.value.operations

    class Raising(Strings):
        def compose(self, a, b):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        verify_operad_laws(Raising())
    for nothing in (object(), 5):
        with pytest.raises(TypeError):
            verify_operad_laws(nothing)
    with pytest.raises(ValueError, match="no equation"):
        verify_operad_laws(Strings(), [])


def test_laws_of_a_table():
    switch = {"keep": (["s"], "s"), "flip": (["s"], "s"), "off": ([], "s"), "on": ([], "s")}
    table = {
        ("keep", 0, "keep"): "keep",
        ("keep", 0, "flip"): "flip",
        ("keep", 0, "off"): "off",
        ("keep", 0, "on"): "on",
        ("flip", 0, "keep"): "flip",
        ("flip", 0, "flip"): "keep",
        ("flip", 0, "off"): "on",
        ("flip", 0, "on"): "off",
    }
    good = Operad(switch, {"s": "keep"}, table)
    assert verify_operad_laws(good) > 10 and good.compose("flip", 0, "off") == "on"
    bad = Operad(switch, {"s": "keep"}, table | {("flip", 0, "flip"): "flip"})
    with pytest.raises(OperadLawError, match="associativity") as broken:
        verify_operad_laws(bad)
    assert broken.value.operations and broken.value.slots == [0, 0]
    with pytest.raises(KeyError):
        Operad(switch, {"s": "other"}, table)
    with pytest.raises(ValueError, match="no slot"):
        Operad(switch, {"s": "keep"}, {("off", 0, "on"): "on"})
