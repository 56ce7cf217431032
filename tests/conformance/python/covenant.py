"""The suite `covenant`."""

from interlock import Record
from text import spoken, step, valued


def run(kernel, value):
    """What comes of an input."""
    return valued(lambda: KINDS[value["kind"]](kernel.covenant, value))


# A fixture has numbers of 64 bits as numbers, or, where those cannot hold them, as texts.
whole = int


def said_of(work):
    def text():
        found = work()
        if isinstance(found, bool):
            return str(found).lower()
        return "done" if found is None else str(found)

    return spoken(text)


def ceilings_of(pairs):
    return [Record(counter=counter, units=whole(units)) for counter, units in pairs]


def amounts(counters, pairs):
    """Amounts by the positions of their counters; beyond the last for one that is not there."""
    position = {name: at for at, name in enumerate(counters)}
    return [Record(counter=position.get(name, len(counters)), units=whole(units)) for name, units in pairs]


def names(budget):
    return [name for name, _ in budget.balances()]


def balances(counters, following):
    parts = [f"{name} {b.ceiling} {b.spent} {b.reserved} {b.free}" for name, b in counters]
    return "; ".join([*parts, "-" if following is None else str(following)])


# What nobody gives out.
NONE = 0xFFFF_FFFF


def budget(covenant, value):
    held = [covenant.Budget(ceilings_of(value["ceilings"]))]
    reservations, leases = [], []

    def given(numbers, number):
        return numbers[number] if number < len(numbers) else NONE

    def counter(name):
        found = held[0].counter(name)
        return len(held[0].balances()) if found is None else found

    def reserve(name, units):
        reservations.append(held[0].reserve(counter(name), whole(units)))
        return "reservation"

    def lease(pairs, now, duration, unsettled):
        made = held[0].lease(amounts(names(held[0]), pairs), whole(now), whole(duration), unsettled)
        leases.append(made.id)
        return made.expires_at_ms

    def restore():
        held[0] = covenant.Budget.restore(held[0].state())

    def top_up(number, pairs, now):
        held[0].top_up(given(leases, number), amounts(names(held[0]), pairs), whole(now))

    does = {
        "reserve": reserve,
        "extend": lambda number, units: held[0].extend(given(reservations, number), whole(units)),
        "commit": lambda number, units: held[0].commit(given(reservations, number), whole(units)),
        "refund": lambda number: held[0].refund(given(reservations, number)),
        "spend": lambda pairs: held[0].spend(amounts(names(held[0]), pairs)),
        "lease": lease,
        "top-up": top_up,
        "renew": lambda number, now, duration: held[0].renew(given(leases, number), whole(now), whole(duration)),
        "settle": lambda number, spent: held[0].settle(given(leases, number), amounts(names(held[0]), spent)),
        "reclaim": lambda now: " ".join(str(ended.id) for ended in held[0].reclaim(whole(now))),
        "set-ceiling": lambda name, ceiling: held[0].set_ceiling(counter(name), whole(ceiling)),
        "restore": restore,
        "balances": lambda: balances(held[0].balances(), held[0].next_expiry_ms()),
    }
    alone = {"refund", "spend", "reclaim"}
    said = []
    for item in value["steps"]:
        name, what = step(item)
        said.append(said_of(lambda: does[name](*([what] if name in alone else what or []))))
    return {"steps": said, "balances": does["balances"]()}


GATE = {
    "threshold": 1,
    "approvals": 1,
    "approvers": [],
    "timeout_ms": 0,
    "fallback": "deny",
    "limit": 0,
    "escalation": [],
}


def terms_of(terms):
    def gate(given):
        fields = {name: given.get(name, default) for name, default in GATE.items()}
        operations = Record(capability=given["capability"], resource=given["resource"])
        return Record(name=given["name"], operations=operations, **(fields | {"timeout_ms": whole(fields["timeout_ms"])}))

    end = terms.get("expires_at_ms")
    return Record(
        permissions=[Record(capability=c, resource=r) for c, r in terms.get("permissions", [])],
        gates=list(map(gate, terms.get("gates", []))),
        ceilings=ceilings_of(terms.get("ceilings", [])),
        expires_at_ms=None if end is None else whole(end),
    )


def terms_text(terms):
    """Terms as a fixture has them: what it leaves out, too."""
    text = {"permissions": [[it.capability, it.resource] for it in terms.permissions]}
    if terms.gates:
        text["gates"] = [
            {"name": gate.name, "capability": gate.operations.capability, "resource": gate.operations.resource}
            | {name: getattr(gate, name) for name in GATE}
            for gate in terms.gates
        ]
    if terms.ceilings:
        text["ceilings"] = [[it.counter, it.units] for it in terms.ceilings]
    if terms.expires_at_ms is not None:
        text["expires_at_ms"] = terms.expires_at_ms
    return text


def account(grant):
    parent = grant.parent()
    return {
        "id": grant.id(),
        "version": grant.version(),
        "state": grant.state(),
        "terms": terms_text(grant.terms()),
        "parent": None if parent is None else f"{parent.grant} {parent.version}",
        "history": [f"{it.version} {it.from_ or '-'} {it.to} {it.at_ms} {it.by}" for it in grant.history()],
    }


def grants(covenant, value):
    made = []

    def keep(grant):
        made.append(grant)
        return f"grant {len(made) - 1}"

    def moved(method):
        return lambda number, by, now: getattr(made[number], method)(by, whole(now)).to

    does = {
        "propose": lambda id, terms, by, now: keep(covenant.Grant.propose(id, terms_of(terms), by, whole(now))),
        "issue": lambda id, version, terms, by, now: keep(
            covenant.Grant.issued(id, version, terms_of(terms), by, whole(now))
        ),
        "negotiate": moved("negotiate"),
        "grant": moved("activate"),
        "revoke": moved("revoke"),
        "expire": moved("expire"),
        "amend": lambda number, terms, by, now: keep(made[number].amend(terms_of(terms), by, whole(now))),
        "attenuate": lambda number, id, terms, by, now: keep(
            made[number].attenuate(id, terms_of(terms), by, whole(now))
        ),
        "is-active": lambda number, now: made[number].is_active(whole(now)),
    }
    said = []
    for item in value["steps"]:
        name, what = step(item)
        said.append(said_of(lambda: does[name](*what)))
    return {"steps": said, "grants": list(map(account, made))}


def summary(grant):
    """`ID VERSION STATE AT BY` of a grant since its last transition."""
    last = grant.history()[-1]
    return f"{grant.id()} {grant.version()} {grant.state()} {last.at_ms} {last.by}"


def registry(covenant, value):
    registry = covenant.GrantRegistry()
    beside, enforcers = [], []

    def kept(made, item, name):
        made.append(item)
        return name

    def activate(number, by, now):
        beside[number].activate(by, whole(now))

    def get(id, version):
        grant = registry.get(id, version)
        return None if grant is None else account(grant)

    def chain(id, count):
        for number in range(1, count + 1):
            registry.attenuate(id, 1, str(number), terms_of({}), "chain", 1)
            id = registry.grant(str(number), 1, "chain", 1).id()

    does = {
        "issue": lambda id, version, terms, by, now: kept(
            beside, covenant.Grant.issued(id, version, terms_of(terms), by, whole(now)), "grant"
        ),
        "derive": lambda number, id, terms, by, now: kept(
            beside, beside[number].attenuate(id, terms_of(terms), by, whole(now)), "grant"
        ),
        "activate": activate,
        "insert": lambda number: registry.insert(beside[number]),
        "get": get,
        "grants": lambda: list(map(summary, registry.grants())),
        "is-active": lambda id, version, now: registry.is_active(id, version, whole(now)),
        "attenuate": lambda id, version, derived, terms, by, now: summary(
            registry.attenuate(id, version, derived, terms_of(terms), by, whole(now))
        ),
        "grant": lambda id, version, by, now: summary(registry.grant(id, version, by, whole(now))),
        "revoke": lambda id, version, by, now: list(map(summary, registry.revoke(id, version, by, whole(now)))),
        "expire": lambda id, version, by, now: summary(registry.expire(id, version, by, whole(now))),
        "chain": chain,
        "enforce": lambda id, version: kept(enforcers, covenant.Enforcer(registry.get(id, version)), "enforcer"),
        "follow": lambda number, by, now: enforcers[number].follow(registry, by, whole(now)),
        "check": lambda number, capability, resource, now: outcome(
            enforcers[number].decide(capability, resource, [], whole(now))
        ),
    }
    said = []
    for item in value["steps"]:
        name, what = step(item)
        arguments = [what] if name == "insert" else what or []
        speak = spoken if name in ("get", "grants", "revoke") else said_of
        said.append(speak(lambda: does[name](*arguments)))
    return {"steps": said}


def outcome(found):
    if found.tag == "allow":
        return f"allow {found.payload}"
    if found.tag == "deny":
        return f"deny {found.payload.tag}"
    return f"review {found.payload.gate} {found.payload.review}"


def review_text(it):
    costs = " ".join(f"{cost.counter}:{cost.units}" for cost in it.operation.costs)
    escalated = "escalated" if it.is_escalated else "-"
    rest = f"{it.operation.capability} {it.operation.resource} [{' '.join(it.approvals)}] [{costs}]"
    return f"{it.id} {it.gate} {it.state} {it.opened_ms} {it.deadline_ms} {escalated} {rest}"


def enforcer(covenant, value):
    grant = covenant.Grant.propose(value["grant"], terms_of(value["terms"]), "ada", 0)
    grant.activate("grace", 0)
    enforcer = covenant.Enforcer(grant)

    def costs(pairs):
        return amounts(names(enforcer), pairs)

    def reviews():
        following = enforcer.next_deadline_ms()
        return [*map(review_text, enforcer.reviews()), "-" if following is None else str(following)]

    does = {
        "check": lambda capability, resource, pairs, now: enforcer.check(
            capability, resource, costs(pairs), whole(now)
        ).json,
        "check-many": lambda operations, now: [
            decision.json
            for decision in enforcer.check_many(
                [Record(capability=c, resource=r, costs=costs(pairs)) for c, r, pairs in operations], whole(now)
            )
        ],
        "approve": lambda review, who, now: enforcer.approve(whole(review), who, whole(now)),
        "reject": lambda review, who, now: enforcer.reject(whole(review), who, whole(now)),
        "resume": lambda review, now: outcome(enforcer.resume(whole(review), whole(now))),
        "advance": lambda now: enforcer.advance(whole(now)),
        "revoke": lambda by, now: enforcer.revoke(by, whole(now)),
        "regrant": lambda by, now: enforcer.regrant(by, whole(now)),
        "reviews": reviews,
        "balances": lambda: balances(enforcer.balances(), None),
    }
    said = []
    for item in value["steps"]:
        name, what = step(item)
        arguments = [what] if name == "advance" else what or []
        speak = spoken if name in ("check-many", "reviews") else said_of
        said.append(speak(lambda: does[name](*arguments)))
    return {"steps": said}


def patterns(covenant, value):
    def row(items, holds):
        answers = [spoken(lambda: "1" if holds(item) else "0") for item in items]
        return "".join("-" if answer.startswith("refused ") else answer for answer in answers)

    def permission(resource):
        return Record(capability="c", resource=resource)

    def line(pattern):
        covenant.check_permission(permission(pattern))
        matching = row(value["resources"], lambda resource: covenant.matches(pattern, resource))
        within = row(value["patterns"], lambda wider: covenant.is_within(permission(pattern), permission(wider)))
        return f"{matching} {within}"

    return {
        "patterns": [spoken(lambda: line(pattern)) for pattern in value["patterns"]],
        "resources": [said_of(lambda: covenant.check_resource(resource)) for resource in value["resources"]],
    }


KINDS = {"budget": budget, "grants": grants, "registry": registry, "enforcer": enforcer, "patterns": patterns}
