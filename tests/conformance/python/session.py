"""The suite `session`."""

import hashlib
import json

import text as texts
from text import bits, halt_input, observation, optional_bits, step, verdict_text


def run(kernel, value):
    """What comes of an input."""
    kinds = {"stream": stream, "guarded": guarded, "text": text}
    return valued(lambda: kinds[value["kind"]](kernel.session, value))


def refusal(error):
    """As everywhere, with the refusals of reviews, top-ups and policies to adopt by what they are about."""
    _, _, method = error.function.partition(".")
    if method == "answer-review" and hasattr(error.payload, "code"):
        return "review"
    if method == "top-up":
        return f"ended {error.payload.subject}" if error.payload.code == "session-ended" else "input"
    if method in ("adopt", "check-adopt"):
        subject = error.payload.subject
        # Up to a list: not every reader of a policy counts the items.
        named = {
            "session-ended": f"ended {subject}",
            "session-in-segment": "in-segment",
            "session-fixed": f"fixed {subject}",
            "policy-invalid": f"policy {subject.split('[')[0]}",
        }
        return named.get(error.payload.code) or texts.refusal(error)
    return texts.refusal(error)


def valued(work):
    return texts.valued(work, refusal)


class Answers:
    """Scores in the order in which segments come; the last is kept."""

    def __init__(self, given):
        self.left = [observation(text) for text in given]

    def next(self):
        if len(self.left) > 1:
            return self.left.pop(0)
        return self.left[0] if self.left else {}


def pieces_of(value):
    name, what = step(value)
    if name == "feed":
        return [what.encode()]
    if name == "feed-hex":
        return [bytes.fromhex(what)]
    if name != "feed-pieces":
        return []
    size, text = what
    data = text.encode()
    return [data[at : at + size] for at in range(0, len(data), size)]


def one(session, name, what, tables):
    match name:
        case "end":
            session.end()
        case "fail":
            session.fail(what)
        case "answer":
            session.answer(what[0], observation(what[1]))
        case "stop":
            session.stop(halt_input(what))
        case "emergency-stop":
            session.emergency_stop()
        case "advance":
            session.advance(what)
        case "answer-review":
            session.answer_review(*what)
        case "top-up":
            session.top_up(*what)
        case "check-adopt":
            session.check_adopt(what[0], [tables[index] for index in what[1]])
        case "adopt":
            session.adopt(what[0], [tables[index] for index in what[1]])
        case "abandon":
            session.abandon()
        case _:
            session.feed(b"")


def say(said, work):
    """Whether the call was taken."""
    answer = valued(work)
    if answer is not None:
        said.append(["refused", answer["refused"]])
    return answer is None


def take(session, answers, said, output):
    """Takes what waits, and answers segments while there are some."""
    while True:
        drained = session.drain()
        said.extend(map(event_value, drained.events))
        said.extend(map(match_value, drained.matches))
        said.extend(map(review_value, drained.reviews))
        said.extend(map(top_up_value, drained.top_ups))
        output += drained.bytes
        for segment in drained.segments:
            said.append(segment_value(segment))
            if answers is not None:
                say(said, lambda: session.answer(segment.id, answers.next()))
        if answers is None or not drained.segments:
            return


def channel_text(channel):
    return f"{channel.choice}/{channel.kind}/{channel.block}"


def segment_value(segment):
    entropy = optional_bits(segment.logit_entropy)
    return ["segment", segment.id, channel_text(segment.channel), segment.start, segment.text, entropy]


def event_value(event, position=None):
    position = event.position if position is None else position
    score, verdict = optional_bits(event.score), verdict_text(event.verdict)
    return ["event", event.segment, channel_text(event.channel), event.start, event.text, score, verdict, position]


def match_value(event):
    span = [event.start, event.length, event.position]
    return ["match", channel_text(event.channel), event.pattern, event.action, *span]


REVIEW = "review gate choice block tool arguments resource approvals deadline_ms".split()


def review_value(request):
    return ["review", *(getattr(request, name) for name in REVIEW)]


def top_up_value(request):
    return ["top-up", request.counter, request.missing, request.free, request.most]


def ledger_value(event):
    return ["ledger", event.kind, event.tag, text_or_hex(event.payload)]


def stream(interface, value):
    return driven(interface.Session(value["policy"], value["dialect"]), value, value.get("ledger", False))


def guarded(interface, value):
    artifacts = [bytes.fromhex(digits) for digits in value["tables"]]
    tables = [{"bytes": data, "sha256": hashlib.sha256(data).digest()} for data in artifacts]
    return driven(interface.Session.new_guarded(value["policy"], value["dialect"], tables), value, True, tables)


def driven(session, value, keeps_ledger, tables=()):
    answers = Answers(value["answers"]) if value.get("answers") else None
    pieces = [pieces_of(item) for item in value["steps"]]
    output = bytearray()
    steps = []

    def take_all(said):
        take(session, answers, said, output)
        while keeps_ledger and (event := session.next_ledger_event()) is not None:
            said.append(ledger_value(event))

    for item, parts in zip(value["steps"], pieces):
        said = []
        before = len(output)
        if not parts:
            if step(item)[0] == "check-adopt":
                said.append(["between-segments", session.is_between_segments()])
            say(said, lambda: one(session, *step(item), tables))
            take_all(said)
        for part in parts:
            taken = say(said, lambda: session.feed(part))
            take_all(said)
            if not taken:
                break
        said.append(["out", len(output) - before])
        wants = "wants-input" if session.wants_input() else "wants-none"
        said.append([session.state(), "awaits-top-up" if session.awaits_top_up() else wants])
        steps.append(said)
    given = b"".join(part for parts in pieces for part in parts)
    shown = {"as_input": len(output)} if output == given else text_or_hex(bytes(output))
    return {"steps": steps, "output": shown, "record": account(json.loads(session.record_json()))}


def text(interface, value):
    guard = interface.TextGuard(value["policy"], value["text"])
    answers = Answers(value.get("answers", []))
    segments = []
    while (segment := guard.next_segment()) is not None:
        segments.append(segment_value(segment))
        guard.answer(segment.id, answers.next())
    guarded = guard.finish()
    return {
        "segments": segments,
        "events": [event_value(event, 0) for event in guarded.events],
        "text": guarded.text,
        "record": account(plain(guarded.record)),
    }


def text_or_hex(data):
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"hex": data.hex()}


# What the account leaves out where there is none.
ABSENT = {"covenant", "guard"}


def plain(value):
    """A record as the component writes it as JSON."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if hasattr(value, "__dict__"):
        return {k: plain(v) for k, v in vars(value).items() if not (k in ABSENT and v is None)}
    return value


# The members of an account that are doubles.
REALS = {"observed", "bound", "average", "minimum"}


def account(value):
    """An account with its doubles as bits."""
    if isinstance(value, list):
        return [account(item) for item in value]
    if isinstance(value, dict):
        return {
            key: bits(float(item)) if key in REALS and isinstance(item, (int, float)) else account(item)
            for key, item in value.items()
        }
    return value
