"""Compares what two wheels made of the same calls.

    python compare.py CLASS PUBLISHED OURS

Two outcomes are equal when they are of one shape, texts and booleans are the same, and numbers are equal at the class's
tolerance, relative above 1. What is not equal must be a listed difference: one of the rules below, which are the table
in docs/python.md. A rule that explains nothing in the whole run is a defect of the list and fails as well (see run.py).
"""

import math
import pickle
import sys

from functions import GROUPS

# Relative above 1, absolute below: those of the specification.
TOLERANCE = {
    "BackfireConfig": 0.0,
    "RustSafetyKernel": 0.0,
    "RustStreamingKernel": 0.0,
    "RustCoherenceScorer": 1e-15,
    "RustBM25": 1e-13,
    "RustUPDEStepper": 1e-10,
    "RustSECFunctional": 1e-10,
    "RustL16Controller": 1e-10,
    "RustTCBOObserver": 1e-12,
    "RustTCBOController": 1e-12,
    "RustPGBOEngine": 1e-11,
    "RustSSGFEngine": 1e-9,
} | dict.fromkeys(GROUPS, 1e-15) | {"functions of a list": 1e-12}
ANGLES = {"theta"}
FAILED = (None, "x", KeyError, 5)


def equal(a, b, tolerance, key=None):
    if isinstance(a, bool) or isinstance(b, bool) or isinstance(a, str) or isinstance(b, str):
        return type(a) is type(b) and a == b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        if a == b or (a != a and b != b):
            return True
        difference = abs(a - b)
        if key in ANGLES:
            difference = abs((difference + math.pi) % math.tau - math.pi)
        return difference <= tolerance * max(1.0, abs(b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[name], b[name], tolerance, name) for name in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(equal(x, y, tolerance, key) for x, y in zip(a, b))
    return a == b


def no_number(x):
    return isinstance(x, float) and not math.isfinite(x)


def read_alike(published, ours):
    """Whether two configurations show numbers that differ in their last digit at most."""
    if published[0] != "value" or ours[0] != "value":
        return False
    fields = [[float(field.split("=")[1].rstrip(")")) for field in value[1].split(", ")] for value in (published, ours)]
    return equal(*fields, 4e-16)


def numbers(value):
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, float):
        yield value


def refused(ours):
    return ours == ("raise", "ValueError")


def config_rule(arguments):
    weights = (arguments.get("w_logic", 0.6), arguments.get("w_fact", 0.4))
    return any(not (0 <= w <= 1) for w in weights) or any(
        isinstance(arguments.get(name), float) and math.isnan(arguments[name])
        for name in ("soft_limit", "window_threshold", "trend_threshold", "logit_entropy_limit")
    )


def json_rule(arguments):
    """Whether the published validation, which its reader does not ask, would refuse the fields."""
    get = arguments.get
    return config_rule(arguments) or not (
        0 <= get("coherence_threshold", 0.6) <= 1
        and 0 <= get("hard_limit", 0.5) <= 1
        and abs(get("w_logic", 0.6) + get("w_fact", 0.4) - 1) <= 1e-9
        and get("window_size", 1) >= 1
        and get("trend_window", 2) >= 2
        and get("trend_threshold", 1) > 0
        and get("deadline_ms", 1) >= 1
    )


def below_every_score(arguments):
    limit = arguments["limit"] if "limit" in arguments else arguments["config"].get("hard_limit", 0.5)
    return not limit > 0 and any(no_number(s) or s in FAILED for s in arguments["scores"])


def failed_source(arguments):
    nli, known = arguments["nli"], arguments["known"]
    return nli is KeyError or isinstance(nli, str) or no_number(nli) or known is KeyError or known == 5


def tied(published, ours):
    """The same hits but for the order of equal scores."""

    def sort(hits):
        return sorted(([round(score, 9), name] for name, score in hits), reverse=True)

    if published[0] != "value" or ours[0] != "value":
        return False
    cut = min((score for _, score in published[1]), default=0)
    scores = equal([s for _, s in published[1]], [s for _, s in ours[1]], 1e-13)
    above = [[hit for hit in sort(hits) if hit[0] > round(cut, 9)] for hits in (published[1], ours[1])]
    return scores and above[0] == above[1]


# name of the rule: (classes, whether it explains (call, arguments, published, ours))
RULES = {
    "numbers that are none and weights outside [0, 1] are no configuration": (
        ("BackfireConfig", "RustStreamingKernel", "RustCoherenceScorer"),
        lambda call, arguments, published, ours: call == "BackfireConfig" and refused(ours) and config_rule(arguments),
    ),
    "a configuration from JSON is validated": (
        ("BackfireConfig",),
        lambda call, arguments, published, ours: call == "from_json" and refused(ours) and json_rule(arguments),
    ),
    "numbers in JSON are read to the last bit": (
        ("BackfireConfig",),
        lambda call, arguments, published, ours: call == "from_json" and read_alike(published, ours),
    ),
    "a hard limit that is no number is refused": (
        ("RustSafetyKernel",),
        lambda call, arguments, published, ours: call == "RustSafetyKernel" and refused(ours) and arguments != arguments,
    ),
    "an inactive safety kernel takes no token": (
        ("RustSafetyKernel",),
        lambda call, arguments, published, ours: call == "stream_output while inactive"
        and ours[1] == "[KERNEL INTERRUPT: COHERENCE LIMIT EXCEEDED]",
    ),
    "a score that is no number, or of a callback that failed, passes no limit": (
        ("RustSafetyKernel", "RustStreamingKernel"),
        lambda call, arguments, published, ours: isinstance(arguments, dict)
        and "scores" in arguments
        and below_every_score(arguments),
    ),
    "a text is not approved when a source failed": (
        ("RustCoherenceScorer",),
        lambda call, arguments, published, ours: isinstance(arguments, dict)
        and "nli" in arguments
        and failed_source(arguments),
    ),
    "facts that match come in a fixed order": (
        ("RustCoherenceScorer",),
        lambda call, arguments, published, ours: isinstance(arguments, dict) and arguments.get("facts", 0) > 1,
    ),
    "a threshold that is set is validated": (
        ("RustCoherenceScorer",),
        lambda call, arguments, published, ours: call.startswith("set ") and refused(ours) and not 0 <= arguments <= 1,
    ),
    "parameters of BM25 are validated": (
        ("RustBM25",),
        lambda call, arguments, published, ours: call == "RustBM25"
        and refused(ours)
        and not (arguments[0] >= 0 and 0 <= arguments[1] <= 1),
    ),
    "BM25 splits what is lower-cased: capitals whose small form has a mark are two terms": (
        ("RustBM25",),
        lambda call, arguments, published, ours: call == "query" and arguments[2],
    ),
    "documents that score alike come in the order in which they were added": (
        ("RustBM25",),
        lambda call, arguments, published, ours: call == "query" and tied(published, ours),
    ),
    "a step of no length or backwards is refused": (
        ("RustUPDEStepper",),
        lambda call, arguments, published, ours: call == "RustUPDEStepper" and refused(ours) and not arguments[0] > 0,
    ),
    "phases are checked before no steps, too": (
        ("RustUPDEStepper",),
        lambda call, arguments, published, ours: call == "run"
        and refused(ours)
        and arguments[1] == 0
        and (len(arguments[0]) != 16 or any(map(no_number, arguments[0]))),
    ),
    "no phases have no coherence": (
        ("RustSECFunctional",),
        lambda call, arguments, published, ours: call == "evaluate" and refused(ours) and not arguments[0],
    ),
    "an input that is no number is refused": (
        (
            "RustSECFunctional",
            "RustL16Controller",
            "RustTCBOObserver",
            "RustTCBOController",
            "RustPGBOEngine",
            *GROUPS,
        ),
        lambda call, arguments, published, ours: refused(ours) and any(map(no_number, numbers(arguments))),
    ),
    "a hypothesis has a score": (
        ("rust_aggregate_chunk_scores", "rust_aggregate_chunk_scores_confidence_weighted"),
        lambda call, arguments, published, ours: refused(ours)
        and arguments[-2 if call.endswith("weighted") else -3] > min(len(a) for a in arguments[:2] if not isinstance(a, int)),
    ),
    "a place in a row lies in the row": (
        ("rust_probs_to_divergence",),
        lambda call, arguments, published, ours: refused(ours) and max(arguments[2:]) >= arguments[1],
    ),
    "settings of a verdict on injections are shares": (
        ("rust_injection_verdict",),
        lambda call, arguments, published, ours: refused(ours) and any(s in (1.5, -0.5) for s in arguments[4:]),
    ),
    "a probability lies in [0, 1]": (
        ("RustSSGFEngine",),
        lambda call, arguments, published, ours: call == "set_tcbo_p_h1" and refused(ours) and arguments > 1,
    ),
}


# Those that a run may do without: sums that are equal but for rounding.
RARE = {"documents that score alike come in the order in which they were added"}


def compare(name, published, ours):
    """How many calls are equal, how many each rule explains, and those that nothing does.

    Once two objects differ their later calls are not compared: they are in different states.
    """
    total, same, explained, unexplained = 0, 0, {}, []
    for number, (one, other) in enumerate(zip(published, ours)):
        for (call, arguments, outcome), (other_call, _, other_outcome) in zip(one, other):
            assert call == other_call, f"{name}: object {number}: {call} published, {other_call} ours"
            total += 1
            if equal(outcome, other_outcome, TOLERANCE[name]):
                same += 1
                continue
            rules = (rule for rule, (classes, explains) in RULES.items() if name in classes and explains(
                call, arguments, outcome, other_outcome
            ))
            rule = next(rules, None)
            if rule is None:
                unexplained.append((number, call, arguments, outcome, other_outcome))
            else:
                explained[rule] = explained.get(rule, 0) + 1
            if name not in STATELESS:
                break
    return total, same, explained, unexplained


# A difference in one call says nothing about the next.
STATELESS = {"BackfireConfig", "RustBM25", *GROUPS}

if __name__ == "__main__":
    name, *files = sys.argv[1:]
    logs = []
    for file in files:
        with open(file, "rb") as log:
            logs.append(pickle.load(log)["objects"])
    total, same, explained, unexplained = compare(name, *logs)
    print(f"{name}: {total} calls, {same} equal, {explained}, {len(unexplained)} unexplained")
    for entry in unexplained[:5]:
        print("  ", *entry, sep="\n     ")
    sys.exit(bool(unexplained))
