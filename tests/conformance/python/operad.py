"""The suite `operad`."""

import json

from interlock import InterlockError, Record
from text import spoken, valued


def run(kernel, value):
    """What comes of an input."""
    return valued(lambda: KINDS[value["kind"]](kernel.operad, value))


def interface_of(pair):
    return Record(input=bytes(pair[0]), output=bytes(pair[1]))


def interfaces(pairs):
    return [interface_of(pair) for pair in pairs]


def machine_of(machine):
    table = [Record(next=following, output=output) for following, output in machine["table"]]
    return Record(interface=interface_of(machine["interface"]), states=machine["states"], table=table)


def signature_of(operad, value):
    signature = operad.Signature("checks" if value["theory"] == "checks" else "agents")
    for symbols in value.get("sorts", []):
        signature.add_sort(symbols)
    for agent in value.get("agents", []):
        signature.add_agent(interface_of(agent["interface"]), agent["effect"])
    return signature


def operad_of(operad, value):
    made = operad.AgentOperad()
    for symbols in value.get("sorts", []):
        made.add_sort(symbols)
    for agent in value.get("agents", []):
        made.add_agent(machine_of(agent))
    if value.get("samples") is not None:
        made.set_samples([machine_of(sample) for sample in value["samples"]])
    made.set_meaning(value.get("meaning", {}))
    return made


def terms(operad, value):
    return [spoken(lambda: f"{operad.parse_term(text)} / {operad.arity(text)}") for text in value["texts"]]


def operations(operad, value):
    def one(term):
        found = signature_of(operad, value["signature"]).output(term, interfaces(value["slots"]))
        return json.dumps([list(found.input), list(found.output)], separators=(",", ":"))

    return [spoken(lambda: one(term)) for term in value["terms"]]


def normal_forms(operad, value):
    slots = interfaces(value["slots"])
    return [
        spoken(lambda: signature_of(operad, value["signature"]).normal_form(term, slots)) for term in value["terms"]
    ]


def run_program(operad, value):
    slots = [machine_of(slot) for slot in value["slots"]]
    program = operad_of(operad, value["operad"]).program(value["term"], slots)
    first, rest = value["inputs"][:1], value["inputs"][1:]
    # The first step alone, the others together: both ways in.
    outputs = [program.step(symbol) for symbol in first] + (program.step_many(rest) if first else [])
    return {"outputs": outputs, "traces": [[trace.label, trace.input, trace.output] for trace in program.take_traces()]}


def difference(found):
    return {name: getattr(found, name) for name in ("inputs", "left", "right", "exhaustive")}


def broken(error):
    """The counterexample of a law that is broken; a refusal goes on."""
    if error.payload.tag == "broken":
        return error.payload.payload
    raise InterlockError(error.payload.payload, "verify-laws") from error


def verify_laws(operad, value):
    try:
        return {"cases": operad_of(operad, value["operad"]).verify_laws()}
    except InterlockError as error:
        if not hasattr(error.payload, "tag"):
            raise
        found = broken(error)
    return {
        "law": found.law,
        "sides": [found.left, found.right],
        "samples": found.samples,
        "difference": difference(found.difference),
    }


def verify_operad_laws(operad, value):
    all_operations = [Record(term=term, slots=interfaces(slots)) for term, slots in value["operations"]]
    try:
        return {"equations": operad_of(operad, value["operad"]).verify_operad_laws(all_operations)}
    except InterlockError as error:
        if not hasattr(error.payload, "tag"):
            raise
        found = broken(error)
    witness = found.witness and {
        "samples": found.witness.samples,
        "difference": difference(found.witness.difference),
    }
    return {"law": found.law, "operations": found.operations, "slots": found.slots, "witness": witness}


KINDS = {
    "terms": terms,
    "compose": lambda operad, value: operad.compose(value["outer"], value["slot"], value["inner"]),
    "permute": lambda operad, value: operad.permute(value["term"], value["permutation"]),
    "operations": operations,
    "normal-forms": normal_forms,
    "run": run_program,
    "verify-laws": verify_laws,
    "verify-operad-laws": verify_operad_laws,
    "session-checks": lambda operad, value: operad.session_checks(value["checks"]),
}
