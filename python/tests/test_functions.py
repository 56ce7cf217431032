"""The module functions: published numbers, and what is refused. The random comparison is in ``differential``."""

import inspect
import math

import backfire_kernel as bk
import pytest

FUNCTIONS = {name: getattr(bk, name) for name in bk.__all__ if name.startswith("rust_")}


def test_all_are_there_and_documented():
    assert len(FUNCTIONS) == 25
    for name, function in FUNCTIONS.items():
        assert inspect.getdoc(function), name
        assert inspect.signature(function).parameters, name


@pytest.mark.parametrize(
    "name, arguments, wanted",
    [
        ("heuristic_logical_divergence", ("sky blue", "the sky is blue"), 0.5),
        ("heuristic_logical_divergence", ("It is consistent with reality", ""), 0.1),
        ("heuristic_factual_divergence", ("the sky is blue", "the sky is not blue"), 0.25),
        ("heuristic_factual_divergence", ("we go to Paris", "we go to Rome"), 0.65),
        ("split_sentences", ("Dr. Smith arrived. We\nstarted!  Now",), ["Dr. Smith arrived.", "We started!", "Now"]),
        ("build_chunks", (["aa bb cc.", "dd ee.", "jj."], 5, 0.5), ["aa bb cc. dd ee.", "dd ee. jj.", "jj."]),
        ("build_chunks", ([], 5, 0.5), [""]),
        ("aggregate_chunk_scores", ([0.1, 0.9, 0.3, 0.4, 0.6, 0.2], 2, 3, "max", "trimmed_mean"), (0.35, [0.4, 0.9, 0.3])),
        ("aggregate_chunk_scores", ([], 2, 2, "max", "max"), (0.5, [0.5])),
        ("aggregate_chunk_scores_confidence_weighted", ([0.0, 1.0], [0.75, 0.25], 1, 2, "max"), (0.25, [0.0, 1.0])),
        ("coverage_from_divergences", ([0.1, 0.5, 0.9, 0.7], 0.5), (0.25, 1)),
        ("reduce_claim_attribution", ([0.9, 0.1, 0.3, 0.3], 2, 2), ([0.1, 0.3], [1, 0])),
        ("lite_score", ("", "text"), 0.5),
        ("lite_score_batch", ([("", "text"), ("a", "")],), [0.5, 0.5]),
        ("word_overlap", ("The sky is blue", "the sky is GREY"), 0.6),
        ("entity_overlap", ("Apollo met Ada Lovelace", "so did Ada Lovelace"), 0.5),
        ("numerical_consistency", ("in 1932", "in 1934"), False),
        ("numerical_consistency", ("in 1932", "then"), None),
        ("negation_flip", ("We do not ship to islands", "We ship to islands"), True),
        ("traceability", ("The museum opens at 9", "The museum is closed"), 1 / 3),
        ("has_suspicious_unicode", ("\u200bab",), True),
        ("trend_drop", ([0.9, 0.7, 0.5, 0.3, 0.1],), 0.8),
        ("softmax", ([3.0, 3.0, 1.0], 2), [0.5, 0.5, 0.0]),
        ("probs_to_divergence", ([0.5, 0.25, 0.25], 3, 2, 1), [0.375]),
        ("probs_to_confidence", ([1.0, 0.0, 0.5, 0.5], 2), [1.0, 0.0]),
        ("bidirectional_divergence", (["A b"], "A b", [0.3, 0.4], [0.2], 0.0), [(1.0, 1.0, 0.2)]),
        ("injection_verdict", ([0.9], [0.18], [0.5], 0.0), ([(2, 0.6)], 1.0, 0.7, True)),
        ("mean", ([1, 2.0],), 1.5),
        ("sum_f64", ((0.5, 1),), 1.5),
        ("sum_i64", ([2**63 - 1, -1],), 2**63 - 2),
        ("sum_i64", ([2**63 - 1, 1],), -(2**63)),
    ],
)
def test_published_numbers(name, arguments, wanted):
    found = getattr(bk, f"rust_{name}")(*arguments)
    assert found == wanted and type(found) is type(wanted)


def test_parameters_have_the_published_names():
    assert bk.rust_build_chunks(sentences=["a"], budget=5, overlap_ratio=0.0) == ["a"]
    assert bk.rust_heuristic_logical_divergence(text_output="a", prompt="a") == 0.0
    assert bk.rust_reduce_claim_attribution(flat_divergences=[0.5], n_claims=1, n_src=1) == ([0.5], [0])


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("aggregate_chunk_scores", ([math.nan], 1, 1, "max", "max")),
        ("aggregate_chunk_scores", ([0.5], 1, 2**40, "max", "max")),
        ("aggregate_chunk_scores_confidence_weighted", ([0.5], [math.inf], 1, 1, "max")),
        ("coverage_from_divergences", ([math.nan, 0.1], 0.5)),
        ("reduce_claim_attribution", ([0.5], 2**40, 2**40)),
        ("reduce_claim_attribution", ([math.nan], 1, 1)),
        ("probs_to_divergence", ([0.5, 0.25, 0.25], 3, 9, 1)),
        ("probs_to_confidence", ([math.nan, math.nan], 2)),
        ("softmax", ([math.nan], 1)),
        ("trend_drop", ([math.nan, 0.1],)),
        ("injection_verdict", ([math.nan], [0.5], [0.5], 0.0)),
        ("injection_verdict", ([0.1], [0.5], [0.5], 0.0, 1.5)),
        ("build_chunks", (["a"], 5, math.nan)),
        ("mean", ([],)),
    ],
)
def test_what_cannot_be_judged_is_refused(name, arguments):
    with pytest.raises(ValueError):
        getattr(bk, f"rust_{name}")(*arguments)


class Liar(list):
    def __len__(self):
        return 2**62


class Raises:
    def __len__(self):
        raise KeyError("no length")

    def __getitem__(self, index):
        raise KeyError("no item")


@pytest.mark.parametrize("bad", [None, 5, "text", {1.0}, [object()], Raises(), Liar([1.0])], ids=repr)
def test_hostile_lists_are_exceptions(bad):
    for function, others in (
        (bk.rust_build_chunks, (5, 0.5)),
        (bk.rust_lite_score_batch, ()),
        (bk.rust_sum_i64, ()),
        (bk.rust_softmax, (2,)),
        (bk.rust_mean, ()),
    ):
        try:
            found = function(bad, *others)
        except (TypeError, KeyError, ValueError, MemoryError):
            continue
        assert isinstance(bad, Liar), found


def test_wrong_counts_and_texts():
    with pytest.raises(OverflowError):
        bk.rust_build_chunks(["a"], -1, 0.5)
    with pytest.raises(OverflowError):
        bk.rust_softmax([0.5], 2**70)
    with pytest.raises(TypeError):
        bk.rust_softmax([0.5], 1.5)
    with pytest.raises(UnicodeEncodeError):
        bk.rust_lite_score("half \ud800", "text")
    with pytest.raises(UnicodeEncodeError):
        bk.rust_build_chunks(["half \ud800"], 5, 0.5)
    for pair in ((), ("a",), ("a", "b", "c")):
        with pytest.raises(ValueError):
            bk.rust_lite_score_batch([pair])


def test_long_lists_and_texts():
    words = "the sky is not blue. " * 20_000
    sentences = bk.rust_split_sentences(words)
    assert len(sentences) == 20_000
    assert len(bk.rust_build_chunks(sentences, 100, 0.0)) > 1_000
    assert bk.rust_heuristic_factual_divergence(words, words) == 0.0
    assert bk.rust_sum_f64([0.5] * 100_000) == 50_000
    _, each = bk.rust_aggregate_chunk_scores([0.5] * 100_000, 10, 10_000, "mean", "trimmed_mean")
    assert each == [0.5] * 10_000
