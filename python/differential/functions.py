"""Random arguments for the module's functions, and which functions are called with the same ones."""

import math

NAN, INF = math.nan, math.inf

# What signals look for, and what looks like it.
WORDS = (
    "the sky is not blue Blue never Paris Rome New York London's nobody no cannot can't isn't isn’t don't without none "
    "nothing NASA Ada alpha beta gamma delta 5 5. 1,000 1000 3.14 1932 -7 , . ... ; (the) café Élan İstanbul ΣΑΣ Σίσυφος "
    "straße ǅ 語彙 ﬁne a\u0301b 👩\u200d🚀 opposite true consistent with reality depends on your perspective I we would "
    "should themselves Dr. Dr.! (Dr. \"Mr. e.g. E.G. i.e. U.S. u.s. U.\u212a. u.k. etc. Inc. Ph.D. vs. vs X.Y. No. Fig. "
    "Stop! What? What?! end. End. end.) \"end.\" 。 … ¿ \u200b \u202e \ue000 \ufeff \ufffd \U000e0041 \U000f0000 \x1b _x_ x_1"
).split(" ")
GAPS = (" ", " ", " ", " ", "  ", "\n", "\t", "\u00a0", "\u2003", "\x1c", "\x85", "-", "")
NO_TEXTS = (None, 5, b"bytes", ["list"], "half \ud800", 1.5)
NO_LISTS = (None, 5, "text", {1.0}, [None], ["x"], [[0.5]], object)
NO_COUNTS = (-1, 2**70, 1.5, None, "3")


def text(r, most=14):
    if r.random() < 0.001:
        most = 3000
    count = r.randint(0, r.choice([1, 5, most]))
    return "".join(r.choice(WORDS) + r.choice(GAPS) for _ in range(count))


def pair(calls):
    """Two texts that often have a part in common, and now and then something that is no text."""
    r = calls.random
    a, b = text(r), text(r)
    if r.random() < 0.5:
        b = a + b if r.random() < 0.5 else f"{a} {r.choice(WORDS)} {r.choice(WORDS)}"
    if r.random() < 0.1:
        a, b = b, a
    return calls.odd(a, *NO_TEXTS), calls.odd(b, *NO_TEXTS)


def one(calls):
    return (calls.odd(text(calls.random, 40), *NO_TEXTS),)


def real(calls):
    r = calls.random
    return calls.odd(r.choice([r.random(), r.random(), r.uniform(-2, 3), 0.5, 0.0, 1.0, 1]), 0, -0.0, True, 1e-12)


def reals(calls, count):
    """Numbers, a few of them none, in one list or tuple; now and then no list."""
    r = calls.random
    numbers = [real(calls) for _ in range(count)]
    if numbers and r.random() < 0.03:
        numbers[r.randrange(count)] = r.choice([NAN, INF, -INF])
    return calls.odd(numbers if r.random() < 0.8 else tuple(numbers), *NO_LISTS)


def length(r, most):
    return r.randint(0, r.choice([2, most])) if r.random() > 0.0005 else 5000


def pairs(calls):
    r = calls.random
    found = [(text(r, 5), text(r, 5)) for _ in range(r.randint(0, 4))]
    return (calls.odd(found, *NO_LISTS, [("a", "b", "c")], [("a", 1)], [["a", "b"]], [("a", "\udc00")], tuple(found)),)


def sentences(calls):
    r = calls.random
    found = [text(r, 6) for _ in range(length(r, 12))]
    ratio = r.choice([0.0, 0.1, 0.25, 0.3, 0.5, 0.7, 0.9, 1.0, 1, r.uniform(-0.2, 1.2)])
    # As long a list as one can be, where the chunks do not grow with it.
    budget = r.choice([0, 1, 5, 20, 50, 400]) if len(found) < 100 else r.randint(0, 20)
    list_of = calls.odd(found, *NO_LISTS, tuple(found), [*found, 1], [*found, "\ud800"])
    return list_of, calls.odd(budget, *NO_COUNTS), calls.odd(ratio, NAN, INF, -INF, "x", None)


def matrix(calls):
    """Scores, premises and hypotheses: mostly as many as there are to be."""
    r = calls.random
    rows, columns = r.randint(0, 5), r.randint(0, r.choice([3, 12]))
    scores = calls.odd(rows * columns, 0, rows * columns + 3, max(rows * columns - 2, 0), 1)
    return scores, calls.odd(rows, *NO_COUNTS, 9), calls.odd(columns, *NO_COUNTS, 40)


AGGREGATES = ("max", "max", "min", "mean", "trimmed_mean", "median", "", "MAX")


def chunk_scores(calls):
    count, rows, columns = matrix(calls)
    inner, outer = (calls.odd(calls.random.choice(AGGREGATES), None, 5) for _ in range(2))
    return reals(calls, count), rows, columns, inner, outer


def weighted_scores(calls):
    r = calls.random
    count, rows, columns = matrix(calls)
    confidences = [r.choice([r.random(), 0.0, 1.0, 1e-10, -0.1]) for _ in range(calls.odd(count, count + 2, count // 2))]
    if confidences and r.random() < 0.02:
        confidences[-1] = r.choice([NAN, INF])
    if r.random() < 0.02:
        # About as little as weighs anything.
        confidences = [r.choice([0.0, 4e-10, 6e-10, 9e-10, 1.1e-9]) for _ in confidences]
    return reals(calls, count), calls.odd(confidences, *NO_LISTS), rows, columns, r.choice(AGGREGATES)


def divergences(calls):
    r = calls.random
    return reals(calls, length(r, 12)), calls.odd(real(calls), NAN, INF, None, "x")


def attribution(calls):
    count, rows, columns = matrix(calls)
    return reals(calls, count), rows, columns


def series(calls):
    return (reals(calls, length(calls.random, 30)),)


def rows(calls):
    r = calls.random
    cols = r.choice([0, 1, 2, 3, 3, 3, 5])
    count = cols * r.randint(0, 6) + calls.odd(0, 1, 2) if r.random() > 0.0005 else 5000
    return reals(calls, count), calls.odd(cols, *NO_COUNTS, 2**40, 7)


def rows_and_places(calls):
    numbers, cols = rows(calls)
    r = calls.random
    inside = cols - 1 if isinstance(cols, int) and 0 < cols < 9 else 2
    places = [calls.odd(r.randint(0, inside), 9, *NO_COUNTS) for _ in range(2)]
    return numbers, cols, *places


def claims(calls):
    r = calls.random
    count = r.randint(0, 4)
    intent = text(r)
    said = [r.choice([text(r, 6), intent]) for _ in range(count)]
    forward, reverse = (reals(calls, calls.odd(count, count + 1, max(count - 1, 0))) for _ in range(2))
    baseline = calls.odd(r.choice([0.0, 0.4, r.random()]), -1.0, 2.0, NAN, INF, None)
    return calls.odd(said, *NO_LISTS), calls.odd(intent, *NO_TEXTS), forward, reverse, baseline


def verdicts(calls):
    r = calls.random
    count = r.randint(0, 5)
    lists = [reals(calls, calls.odd(count, count + 1, max(count - 1, 0))) for _ in range(3)]
    usual = {
        "injection_threshold": r.choice([0.7, r.random()]),
        "drift_threshold": r.choice([0.6, r.random()]),
        "injection_claim_threshold": r.choice([0.75, r.random()]),
        "traceability_floor": r.choice([0.15, 0.0, r.random()]),
        "stage1_weight": r.choice([0.3, r.random()]),
    }
    settings = [calls.odd(value, NAN, INF, 1.5, -0.5, None) for value in usual.values()]
    return *lists, real(calls), *settings[: r.choice([0, 2, 5, 5])]


def integers(calls):
    r = calls.random
    numbers = [r.choice([r.randint(-9, 9), r.getrandbits(60), True]) for _ in range(length(r, 12))]
    return (calls.odd(numbers, *NO_LISTS, [2**63], [2**63 - 1, 1], [-(2**63), -1], [1.0], tuple(numbers)),)


# Arguments and the functions that take them, under a name for them all.
GROUPS = {
    "functions of two texts": (
        pair,
        "heuristic_factual_divergence heuristic_logical_divergence lite_score word_overlap entity_overlap "
        "numerical_consistency negation_flip traceability",
    ),
    "functions of a text": (one, "split_sentences has_suspicious_unicode"),
    "functions of a list": (series, "trend_drop sum_f64 mean"),
    "functions of rows": (rows, "softmax probs_to_confidence"),
    "rust_probs_to_divergence": (rows_and_places, "probs_to_divergence"),
    "rust_lite_score_batch": (pairs, "lite_score_batch"),
    "rust_build_chunks": (sentences, "build_chunks"),
    "rust_aggregate_chunk_scores": (chunk_scores, "aggregate_chunk_scores"),
    "rust_aggregate_chunk_scores_confidence_weighted": (weighted_scores, "aggregate_chunk_scores_confidence_weighted"),
    "rust_coverage_from_divergences": (divergences, "coverage_from_divergences"),
    "rust_reduce_claim_attribution": (attribution, "reduce_claim_attribution"),
    "rust_bidirectional_divergence": (claims, "bidirectional_divergence"),
    "rust_injection_verdict": (verdicts, "injection_verdict"),
    "rust_sum_i64": (integers, "sum_i64"),
}
