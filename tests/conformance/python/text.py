"""How fixtures write numbers, small records and errors: as host/src/replay/text.rs does."""

import struct

from interlock import Case, InterlockError, Record


def bits(value):
    return "7ff8000000000000" if value != value else struct.pack(">d", value).hex()


def optional_bits(value):
    return "-" if value is None else bits(value)


def real(text):
    return struct.unpack(">d", bytes.fromhex(text))[0]


def reals(text):
    return [real(word) for word in text.split()]


def bits_list(values):
    return " ".join(map(bits, values))


def _optional_real(text):
    return None if text == "-" else real(text)


def observation(text):
    score, elapsed_ms, logit_entropy = map(_optional_real, text.split())
    return Record(score=score, elapsed_ms=elapsed_ms, logit_entropy=logit_entropy)


def halt_input(text):
    reason, observed, bound = text.split()
    return Record(reason=reason, observed=_optional_real(observed), bound=_optional_real(bound))


def _measured(value):
    return f"{optional_bits(value.observed)} {optional_bits(value.bound)}"


def halt_text(halt):
    return f"{halt.reason} {_measured(halt)}"


def optional_halt(halt):
    return "-" if halt is None else halt_text(halt)


def verdict_text(verdict):
    if verdict.tag == "pass":
        return "pass"
    if verdict.tag == "warn":
        return f"warn {verdict.payload.kind} {_measured(verdict.payload)}"
    return f"halt {halt_text(verdict.payload)}"


def summary_text(summary):
    index = "-" if summary.halt_index is None else summary.halt_index
    numbers = f"{bits(summary.average)} {bits(summary.minimum)}"
    return f"{summary.tokens} {summary.scores} {summary.warnings} {numbers} {index} {optional_halt(summary.halt)}"


def batch_text(batch):
    return f"{batch.consumed} {batch.warnings} {optional_halt(batch.halt)}"


def step(value):
    """The one member of an externally tagged value: {"push": …}, or "finish"."""
    return (value, None) if isinstance(value, str) else next(iter(value.items()))


def config(default, changes):
    """A configuration with some fields changed."""
    fields = vars(default) | {
        name: value if name == "missing_score" or isinstance(value, int) else real(value)
        for name, value in changes.items()
    }
    return Record(**fields)


def refusal(error):
    """The canonical text of an error: its kind and what identifies it."""
    payload = error.payload
    if isinstance(payload, Case):
        match payload.tag:
            case "syntax":
                return f"config {payload.payload.path}"
            case "invalid":
                return f"config {payload.payload.field}"
            case "ended":
                return f"ended {payload.payload}"
            case "unknown-segment":
                return f"unknown-segment {payload.payload}"
            case _:
                return "review"
    if isinstance(payload, str):
        return f"kernel {payload}"
    fields = vars(payload)
    if "code" in fields:
        value, bound = ("-" if number is None else number for number in (payload.value, payload.bound))
        return f"{payload.code} {payload.subject or '-'} {value} {bound}"
    if "field" in fields:
        return f"config {payload.field}"
    if "path" in fields:
        # Up to a list: not every reader of a policy counts the items.
        return f"policy {payload.path.split('[')[0]}"
    if "state" in fields:
        return f"ended {payload.state}"
    return "input"


def each(items, work):
    """Calls work once an item, up to the first refusal, and joins what comes of it."""
    said = []
    for item in items:
        said.append(spoken(lambda: work(item)))
        if said[-1].startswith("refused "):
            break
    return "; ".join(said)


def spoken(work):
    """What a call gives as text, or how it was refused."""
    try:
        return work()
    except InterlockError as error:
        return f"refused {refusal(error)}"


def valued(work, refusal=refusal):
    """What a call gives, or how it was refused, as a value."""
    try:
        return work()
    except InterlockError as error:
        return {"refused": refusal(error)}
