"""The package `interlock`: the component from Python."""

import gc
import math

import interlock
import pytest


@pytest.fixture(scope="module")
def kernel():
    return interlock.load()


def test_a_monitor(kernel):
    monitor = kernel.halt.StreamMonitor(kernel.halt.default_config())
    batch = monitor.push_many([0.9, 0.8, 0.2])
    assert batch.consumed == 3 and batch.halt.reason == "hard-limit"
    assert monitor.summary().halt_index == 2 and monitor.state() == "halted"
    with pytest.raises(interlock.InterlockError) as ended:
        monitor.push(0.9)
    assert ended.value.payload.state == "halted"


def test_a_refusal_says_what_and_changes_nothing(kernel):
    config = vars(kernel.halt.default_config())
    for bad in (7.0, math.nan):
        with pytest.raises(interlock.InterlockError, match="hard_limit is"):
            kernel.halt.StreamMonitor(config | {"hard_limit": bad})
    with pytest.raises(TypeError, match="no such field"):
        kernel.halt.StreamMonitor(config | {"other": 1})
    with pytest.raises(TypeError, match="is missing"):
        kernel.halt.StreamMonitor({"hard_limit": 0.5})
    with pytest.raises(ValueError, match="must be one of"):
        kernel.halt.StreamMonitor(config | {"missing_score": "maybe"})
    with pytest.raises(TypeError):
        kernel.halt.StreamMonitor()


def test_objects_are_given_to_each_other(kernel):
    facts = kernel.score.InMemoryKnowledge()
    facts.insert_many([{"key": "tower height", "value": "The tower is 330 metres tall."}])
    scorer = kernel.score.CoherenceScorer(kernel.score.default_scorer_config(), interlock.Case("in-memory", facts))
    assert scorer.review("How tall is the tower?", "The tower is 330 metres tall.").approved
    review = scorer.begin_review("a", "b")
    assert review.step().tag == "need-context"


def test_signals_and_ledger(kernel):
    assert kernel.signals.word_overlap("the sky", "the sky") == 1.0
    ledger = kernel.ledger.TraceLedger(7)
    node = {"id": "a", "origin": "o", "timestamp": 1, "kind": "", "tags": [], "links": [], "payload": b""}
    assert ledger.append_many([node]).nodes == 1 and len(ledger.root()) == 32
    with pytest.raises(interlock.InterlockError):
        ledger.append(node)


def test_what_is_revoked_takes_with_it_what_was_derived(kernel):
    covenant = kernel.covenant
    docs = {"permissions": [{"capability": "fs.read", "resource": "docs/**"}], "gates": [], "ceilings": []}
    registry = covenant.GrantRegistry()
    registry.insert(covenant.Grant.issued("assistant", 1, docs, "ada", 0))
    assert registry.attenuate("assistant", 1, "helper", docs, "assistant", 1).state() == "proposed"
    granted = registry.grant("helper", 1, "ada", 2)
    assert granted.state() == "granted" and granted.parent().grant == "assistant"
    helper = covenant.Enforcer(granted)
    assert helper.follow(registry, "registry", 3) and helper.decide("fs.read", "docs/a", [], 3).tag == "allow"

    assert [grant.id() for grant in registry.revoke("assistant", 1, "ada", 4)] == ["assistant", "helper"]
    assert not helper.follow(registry, "registry", 5)
    assert helper.decide("fs.read", "docs/a", [], 5).payload.tag == "not-granted"
    # What came out before is a copy.
    assert granted.state() == "granted" and registry.get("helper", 1).state() == "revoked"
    assert registry.get("helper", 2) is None and len(registry.grants()) == 2
    with pytest.raises(interlock.InterlockError) as refused:
        registry.grant("helper", 1, "ada", 6)
    assert refused.value.payload.code == "grant-inactive"


def test_the_advanced_runtime():
    kernel = interlock.load(advanced=True)
    upde = kernel.physics.Upde.layers([0.5] * 16, kernel.physics.default_upde_config(), 42, "corrected")
    upde.run(100)
    assert upde.steps() == 100 and len(upde.theta()) == 16


def test_a_trap_ends_the_instance():
    kernel = interlock.load()
    # More text than fits into the memory that an instance may have.
    with pytest.raises(interlock.TrapError):
        kernel.signals.word_overlap("a" * 300_000_000, "")
    with pytest.raises(interlock.TrapError, match="before"):
        kernel.halt.default_config()


def test_what_is_let_go_of_is_dropped():
    fresh = interlock.load()
    config = vars(fresh.halt.default_config()) | {"window_size": 4096, "trend_window": 4096}
    for _ in range(3000):
        fresh.halt.StreamMonitor(config)
    gc.collect()
    assert fresh.halt.StreamMonitor(config).push(0.9).tag == "pass"


def test_records_and_cases_are_values():
    assert interlock.Record(a=1) == interlock.Record(a=1) != interlock.Record(a=2)
    assert interlock.Case("x", 1) == interlock.Case("x", 1) != interlock.Case("x")
    assert repr(interlock.Record(a=1)) == "Record(a=1)" and str(interlock.Case("x")) == "x"
