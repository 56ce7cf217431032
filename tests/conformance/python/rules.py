"""The suite `rules` on the component."""

import json

from interlock import Case, InterlockError, Record
from text import bits, refusal, spoken, step


def run(kernel, value):
    """What comes of an input."""
    try:
        return KINDS[value["kind"]](kernel.rules, value)
    except InterlockError as error:
        return {"refused": refusal(error)}


def rule_of(rules, text):
    actor = text.get("actor", [1, 1, 1, 1, 1, 1, 0, 1024])
    language, source_hash, compiled_at, compiler, author = text.get("metadata") or ["", None, None, "", ""]
    header = Record(
        rule_id=text["id"],
        version=int(text["version"]),
        compute_cap=text.get("target", "cpu"),
        depends_on=[Record(rule_id=rule_id, min_version=int(least)) for rule_id, least in text.get("needs", [])],
        actor_config=Record(
            block_dim=tuple(actor[0:3]), grid_dim=tuple(actor[3:6]), shared_mem_bytes=actor[6], max_in_flight=actor[7]
        ),
        metadata=Record(
            source_language=language,
            source_hash=None if source_hash is None else bytes.fromhex(source_hash),
            compiled_at_ms=None if compiled_at is None else int(compiled_at),
            compiler_version=compiler,
            author=author,
        ),
    )
    return rules.CompiledRule(header, bytes.fromhex(text.get("payload", "")))


def rule_text(rule):
    """VERSION HASH, of the hash as much as tells rules apart."""
    return f"{rule.header().version} {rule.content_hash().hex()[:16]}"


def found_text(rule):
    return "-" if rule is None else rule_text(rule)


def rule(rules, value):
    made = rule_of(rules, value["rule"])
    return {"bytes": made.encode().hex(), "hash": made.content_hash().hex()}


def decode(rules, value):
    found = rules.CompiledRule.decode(bytes.fromhex(value["bytes"]))
    header = found.header()
    actor, metadata = header.actor_config, header.metadata
    source_hash = metadata.source_hash
    return {
        "header": {
            "id": header.rule_id,
            "version": str(header.version),
            "target": header.compute_cap,
            "needs": [[need.rule_id, str(need.min_version)] for need in header.depends_on],
            "actor": [*actor.block_dim, *actor.grid_dim, actor.shared_mem_bytes, actor.max_in_flight],
            "metadata": [
                metadata.source_language,
                None if source_hash is None else source_hash.hex(),
                metadata.compiled_at_ms,
                metadata.compiler_version,
                metadata.author,
            ],
        },
        "hash": found.content_hash().hex(),
        "payload": found.payload().hex(),
    }


def signed(rules, text, keys):
    envelope = rules.Envelope(rule_of(rules, text))
    for key_id, secret in keys:
        envelope.sign(key_id, bytes.fromhex(secret))
    return envelope


def envelope(rules, value):
    found = rules.Envelope.decode(value["json"].encode())
    signatures = [[own.key_id, own.signature.hex()] for own in found.signatures()]
    return {"rule": rule_text(found.rule()), "signatures": signatures}


def keys_of(rules, keys, threshold):
    made = [Record(key_id=key_id, public_key=bytes.fromhex(public), state=state) for key_id, public, state in keys]
    return rules.TrustedKeys(made, threshold)


def verify(rules, value):
    keys = keys_of(rules, value["keys"], value["threshold"])
    found = keys.verify(rules.Envelope.decode(value["json"].encode()))
    return {"rule": rule_text(found.rule()), "signers": [key.hex() for key in found.signers()]}


def policy_value(value):
    """A policy, its numbers as the bits of doubles."""
    if isinstance(value, dict):
        return {key: policy_value(own) for key, own in value.items()}
    if isinstance(value, list):
        return [policy_value(own) for own in value]
    return bits(float(value)) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def policy(rules, value):
    found = rules.policy_of(rules.CompiledRule.decode(bytes.fromhex(value["bytes"])))
    patterns = [[pattern.id, pattern.action] for pattern in found.patterns]
    return {"policy": policy_value(json.loads(found.policy)), "patterns": patterns}


def result_of(text):
    how, _, words = text.partition(" ")
    if how == "ok":
        return Case("ok", int(words))
    return Case("err", Case("timed-out") if how == "timed-out" else Case("backend", words))


def step_text(out):
    until = "-" if out.until_us is None else out.until_us
    rest = f"active {out.active} pins {out.pinned} until {until}"
    return f"{out.id} {out.kind} {out.rule_id} {out.version} {rest}"


def outcome_text(outcome):
    if outcome is None:
        return "-"
    it = outcome.payload
    if outcome.tag == "not-terminated":
        words = "timed out" if it.failure.tag == "timed-out" else it.failure.payload
        return f"not-terminated {it.rule_id} {it.version} {words}"
    report = it.report.payload
    if it.report.tag == "err":
        return f"swap {it.swap} refused {report.code.removeprefix('rule-')} {report.message}"
    took = f"{report.from_version} to {report.to_version} quiesce {report.quiesce_us} swap {report.swap_us}"
    rollback = "true" if report.rollback_available else "false"
    rest = f"messages {report.messages_in_flight} pins {report.pinned} rollback {rollback}"
    return f"swap {it.swap} {report.rule_id} {took} {rest}"


def handle_text(handle):
    status = handle.status
    by = f" {status.payload}" if status.tag == "superseded" else ""
    words = f"{status.tag}{by} at {handle.registered_at_us} pins {handle.pinned}"
    return f"{handle.header.version} {handle.content_hash.hex()[:8]} {words}"


def summary_text(rule):
    policy = f"drain {rule.policy.payload}" if rule.policy.tag == "drain" else rule.policy.tag
    numbers = f"active {rule.active} highest {rule.highest} retained {rule.retained} pins {rule.pinned}"
    return f"{rule.rule_id} {numbers} {policy}{' stopped' if rule.is_stopped else ''}"


def policy_of(text):
    name, _, timeout = text.partition(" ")
    return Case(name, int(timeout)) if name == "drain" else Case(name)


def said(value):
    if value is None:
        return "-"
    return str(value).lower() if isinstance(value, bool) else str(value)


def registry(rules, value):
    oldest, newest, wasm32, simd128, opaque = value["capability"]
    host = Record(data_formats=(oldest, newest), wasm32=wasm32, simd128=simd128, opaque=opaque)
    kept = [rules.RuleRegistry(host, value["history"])]
    trusted = [keys_of(rules, keys, threshold) for keys, threshold in value["keys"]]

    def own():
        return kept[0]

    def restore(snapshot):
        kept[0] = rules.RuleRegistry.restore(snapshot, host)

    def verified(rule, by, at):
        return trusted[at].verify(rules.Envelope.decode(signed(rules, rule, by).encode()))

    def register(rule, now):
        own().register(rule_of(rules, rule), int(now))

    def register_many(count):
        for number in range(count):
            said = spoken(lambda: register({"id": f"r{number}", "version": 1}, 0))
            if said is not None:
                return f"{number} {said}"

    def register_verified(rule, by, at, now):
        own().register_verified(verified(rule, by, at), int(now))

    def take_step(_):
        out = own().step()
        return None if out is None else step_text(out)

    def complete(how, now):
        out = own().step()
        own().complete(0 if out is None else out.id, result_of(how), int(now))

    def settle(now):
        kinds = []
        while (out := own().step()) is not None:
            kinds.append(out.kind)
            failed = spoken(lambda: own().complete(out.id, Case("ok", 0), int(now)))
            if failed is not None:
                return f"{' '.join(kinds)} {failed}"
        return " ".join(kinds)

    def history(rule_id):
        return ", ".join(map(handle_text, own().history(rule_id)))

    def state(_):
        return "; ".join(f"{summary_text(rule)}: {history(rule.rule_id)}" for rule in own().list())

    does = {
        "register": lambda it: register(*it),
        "register-many": register_many,
        "register-verified": lambda it: register_verified(*it),
        "reload": lambda it: own().reload(rule_of(rules, it[0]), int(it[1])),
        "reload-verified": lambda it: own().reload_verified(verified(*it[:3]), int(it[3])),
        "trust": lambda at: own().trust(trusted[at]),
        "begin-reload": lambda it: own().begin_reload(it[0], int(it[1]), int(it[2])),
        "begin-rollback": lambda it: own().begin_rollback(it[0], int(it[1]), int(it[2])),
        "step": take_step,
        "complete": lambda it: complete(*it),
        "complete-step": lambda it: own().complete(int(it[0]), result_of(it[1]), int(it[2])),
        "settle": settle,
        "run-steps": lambda now: own().run_steps(int(now)),
        "take-outcome": lambda _: outcome_text(own().take_outcome()),
        "readmit": lambda it: own().readmit(it[0], int(it[1])),
        "set-reload-policy": lambda it: own().set_reload_policy(it[0], policy_of(it[1])),
        "emergency-stop": lambda rule_id: own().emergency_stop(rule_id),
        "lift-stop": lambda rule_id: own().lift_stop(rule_id),
        "active": lambda rule_id: found_text(own().active(rule_id)),
        "version": lambda it: found_text(own().version(it[0], int(it[1]))),
        "history": history,
        "pin": lambda rule_id: own().pin(rule_id),
        "pinned": lambda pin: rule_text(own().pinned(int(pin))),
        "is-stopped": lambda pin: own().is_stopped(int(pin)),
        "adopt": lambda pin: own().adopt(int(pin)),
        "unpin": lambda pin: own().unpin(int(pin)),
        "snapshot": lambda _: own().snapshot().hex(),
        "restore": lambda snapshot: restore(bytes.fromhex(snapshot)),
        "restart": lambda _: restore(own().snapshot()),
        "state": state,
    }
    answers = []
    for item in value["steps"]:
        name, what = step(item)
        answers.append(spoken(lambda: said(does[name](what))))
    return answers


KINDS = {
    "rule": rule,
    "decode": decode,
    "sign": lambda rules, value: signed(rules, value["rule"], value["keys"]).encode().decode(),
    "envelope": envelope,
    "verify": verify,
    "policy": policy,
    "registry": registry,
}
