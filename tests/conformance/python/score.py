"""The suite `score`."""

from interlock import Case, InterlockError, Record
from text import bits, bits_list, config, real, reals, refusal, step, valued


def run(kernel, value):
    """What comes of an input."""
    name = value["kind"]
    return valued(lambda: globals()[name](kernel, value), lambda error: named(name, error))


def named(kind, error):
    """A scorer's configuration is refused as one."""
    if kind == "scorer" and hasattr(error.payload, "what"):
        return f"config {error.payload.what}"
    return refusal(error)


def scorer(kernel, value):
    score = kernel.score
    settings = config(score.default_scorer_config(), value["config"])
    known = None
    if value.get("documents"):
        index = score.Bm25()
        index.insert_many([Record(id=name, text=text) for name, text in value["documents"]])
        known = Case("bm25", index)
    elif value.get("facts"):
        facts = score.InMemoryKnowledge()
        facts.insert_many([Record(key=key, value=text) for key, text in value["facts"]])
        known = Case("in-memory", facts)
    scorer = score.CoherenceScorer(settings, known)
    state = {"review": None}
    steps = [valued(lambda: scorer_step(scorer, state, *step(item))) for item in value["steps"]]
    return {"steps": steps, "history": scorer.history()}


def score_text(score):
    parts = bits_list([score.score, score.h_logical, score.h_factual])
    return f"{parts} {'approved' if score.approved else 'refused'} {'warning' if score.warning else '-'}"


def scorer_step(scorer, state, name, what):
    match name:
        case "review":
            return score_text(scorer.review(*what))
        case "review-partial":
            return score_text(scorer.review_partial(*what))
        case "divergence":
            return bits(scorer.compute_divergence(*what))
        case "coherence-threshold":
            return scorer.set_coherence_threshold(real(what))
        case "soft-limit":
            return scorer.set_soft_limit(real(what))
        case "begin":
            state["review"] = scorer.begin_review(*what)
        case "begin-partial":
            state["review"] = scorer.begin_partial_review(*what)
        case _:
            review = state["review"]
            if review is None:
                return {"refused": "review"}
            if name == "record":
                state["review"] = None
                return score_text(scorer.record(review))
            if name == "context":
                review.provide_context(what)
            else:
                review.provide_nli(real(what))
    following = state["review"].step()
    match following.tag:
        case "need-context":
            return ["context", following.payload]
        case "need-nli":
            request = following.payload
            return ["nli", request.premise, request.hypothesis, request.partial]
    return ["done", score_text(following.payload)]


def signals(kernel, value):
    signals, a, b = kernel.signals, value["a"], value["b"]
    report = signals.sanitize(a)
    return {
        "word_overlap": bits(signals.word_overlap(a, b)),
        "entity_overlap": bits(signals.entity_overlap(a, b)),
        "numerical_consistency": signals.numerical_consistency(a, b),
        "negation_flip": signals.negation_flip(a, b),
        "traceability": [bits(signals.traceability(a, b)), bits(signals.traceability(b, a))],
        "lite_score": bits(signals.lite_score(a, b)),
        "sanitizer": [bits(report.score), [finding.replace("-", "_") for finding in report.findings]],
        "suspicious_unicode": signals.has_suspicious_unicode(a),
    }


def memory(kernel, value):
    memory = kernel.score.InMemoryKnowledge()
    replaced = [memory.insert(*fact) for fact in value["facts"]]
    return {"replaced": replaced, "size": memory.len(), "contexts": [memory.context(text) for text in value["queries"]]}


def index(kernel, value):
    index = kernel.score.Bm25()
    index.set_parameters(real(value["k1"]), real(value["b"]))
    index.set_context_size(value["context_size"])

    def done(name, what):
        match name:
            case "insert":
                return index.insert(*what)
            case "remove":
                return index.remove(what)
            case "search":
                return [[hit.id, bits(hit.score)] for hit in index.search(*what)]
            case "context":
                return index.context(what)
        raise ValueError(name)

    return {"steps": [done(*step(item)) for item in value["steps"]], "size": index.len()}


def trend(kernel, value):
    return bits(kernel.signals.trend_drop(reals(value["values"])))


def softmax(kernel, value):
    return bits_list(kernel.signals.softmax(reals(value["values"]), value["cols"]))


def divergence(kernel, value):
    columns = value["cols"], value["contradiction"], value["neutral"]
    return bits_list(kernel.signals.probs_to_divergence(reals(value["probs"]), *columns))


def confidence(kernel, value):
    return bits_list(kernel.signals.probs_to_confidence(reals(value["probs"]), value["cols"]))


def bidirectional(kernel, value):
    rows = kernel.signals.bidirectional_divergence(
        value["claims"], value["intent"], reals(value["forward"]), reals(value["reverse"]), real(value["baseline"])
    )
    return [bits_list([row.traceability, row.entity_overlap, row.calibrated]) for row in rows]


def injection(kernel, value):
    names = "injection_threshold drift_threshold injection_claim_threshold traceability_floor stage1_weight".split()
    columns = [reals(value[name]) for name in ("calibrated", "traceability", "entity_overlap")]
    settings = Record(**dict(zip(names, reals(value["settings"]))))
    report = kernel.signals.judge_injection(*columns, real(value["sanitizer"]), settings)
    return {
        "claims": [f"{claim.verdict} {bits(claim.confidence)}" for claim in report.claims],
        "risk": bits(report.risk),
        "combined": bits(report.combined),
        "detected": report.detected,
    }
