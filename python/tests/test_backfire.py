"""The interface of ``backfire_kernel``: what the published wheel does, what is new, and what is not kept."""

import array
import copy
import inspect
import math
import pickle

import backfire_kernel as bk
import pytest

CLASSES = [getattr(bk, name) for name in bk.__all__ if isinstance(getattr(bk, name), type)]
FIDELITIES = ["published", "corrected"]
GUIDE = (
    "BackfireConfig CoherenceScore StreamSession RustSafetyKernel RustStreamingKernel RustCoherenceScorer RustBM25 "
    "RustUPDEStepper RustSECFunctional RustL16Controller RustSSGFEngine RustTCBOObserver RustTCBOController "
    "RustPGBOEngine UPDEStepper L16Controller SSGFEngine TCBOObserver PGBOEngine"
).split()


def test_every_class_of_the_guide_is_there_and_no_other_module_leaks():
    assert set(GUIDE) <= set(bk.__all__)
    assert not [name for name in bk.__all__ if name.startswith("_") and name != "__version__"]
    assert "TraceNode" not in bk.__all__
    assert bk.SSGFEngine is bk.RustSSGFEngine
    major, minor, _ = bk.__version__.split(".")
    assert (major, minor) == ("0", "1")


def test_help_is_worth_reading():
    for cls in CLASSES:
        assert inspect.getdoc(cls), cls
        for name, member in vars(cls).items():
            if callable(member) and not name.startswith("_"):
                assert inspect.getdoc(member), f"{cls.__name__}.{name}"


def test_the_guide_s_example():
    kernel = bk.RustStreamingKernel(hard_limit=0.5, window_size=10, window_threshold=0.55)
    session = kernel.stream_tokens(["The ", "sky ", "is ", "blue."], lambda token: 0.9)
    assert not session.halted and session.avg_coherence() == 0.9 and session.halt_index == 0
    kernel = bk.RustSafetyKernel(hard_limit=0.5)
    assert kernel.stream_output(["Hello ", "world ", "!"], lambda token: 0.85) == "Hello world !"


def test_published_only_the_hard_limit_deactivates():
    config = bk.BackfireConfig(window_size=2, window_threshold=0.8)
    for fidelity, active in (("published", True), ("corrected", False)):
        kernel = bk.RustStreamingKernel(config, fidelity=fidelity)
        session = kernel.stream_scores(["a", "b", "c"], [0.7, 0.7, 0.9])
        assert session.halted and session.halt_index == 1 and kernel.is_active is active
    assert session.halt_reason == "window-average (observed 0.7, bound 0.8)"
    kernel = bk.RustStreamingKernel()
    assert kernel.stream_scores(["a"], [0.1]).halt_reason == "hard_limit (0.1000 < 0.5)"
    assert not kernel.is_active
    assert kernel.stream_output(["b"], lambda token: 0.9) == "[KERNEL INTERRUPT: kernel_inactive]"


def test_corrected_there_is_no_halt_index_without_a_halt():
    assert bk.RustStreamingKernel(fidelity="corrected").stream_scores(["a"], [0.9]).halt_index is None
    with pytest.raises(ValueError, match="fidelity is"):
        bk.RustStreamingKernel(fidelity="other")


def test_corrected_scores_are_clamped_and_the_callback_is_timed():
    import time

    session = bk.RustStreamingKernel(fidelity="corrected").stream_scores(["a"], [7.0])
    assert session.coherence_history == [1.0]
    kernel = bk.RustStreamingKernel(bk.BackfireConfig(deadline_ms=1, fidelity="corrected"))
    late = kernel.stream_tokens(["a"], lambda token: time.sleep(0.05) or 0.9)
    assert late.halt_reason.startswith("deadline")


@pytest.mark.parametrize("fidelity", FIDELITIES)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, None, "x", KeyError])
def test_a_failed_check_never_passes(fidelity, bad):
    def callback(_token):
        if bad is KeyError:
            raise KeyError("failed")
        return bad

    config = bk.BackfireConfig(hard_limit=0.0, window_threshold=0.0, trend_threshold=5.0)
    session = bk.RustStreamingKernel(config, fidelity=fidelity).stream_tokens(["a"], callback)
    assert session.halted and session.output() == ""
    kernel = bk.RustSafetyKernel(0.0, fidelity=fidelity)
    assert "INTERRUPT" in kernel.stream_output(["a"], callback) and not kernel.is_active
    assert kernel.stream_output(["a"], lambda token: 0.9) != "a"
    scorer = bk.RustCoherenceScorer(
        bk.BackfireConfig(coherence_threshold=0.0, fidelity=fidelity), nli_callback=lambda p, h: callback(p)
    )
    assert scorer.review("a", "b")[0] is False
    if bad is KeyError:
        assert isinstance(session.error, KeyError) and isinstance(kernel.last_error, type(None))
        assert isinstance(scorer.review("a", "b")[1].error, KeyError)


def test_the_exception_of_a_callback_is_kept_and_an_interrupt_goes_on():
    kernel = bk.RustSafetyKernel()
    kernel.stream_output(["a"], lambda token: 1 / 0)
    assert isinstance(kernel.last_error, ZeroDivisionError)

    def interrupt(_token):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bk.RustStreamingKernel().stream_tokens(["a"], interrupt)


def test_scores_come_as_a_list_a_tuple_or_a_buffer():
    values = [0.9, 0.8, 0.7]
    kernel = bk.RustStreamingKernel(trend_threshold=9.0)
    memory = memoryview(array.array("d", [0.9, 0.0, 0.8, 0.0, 0.7, 0.0]))[::2]
    for scores in (values, tuple(values), array.array("d", values), memory):
        session = kernel.stream_scores(["a", "b", "c"], scores)
        assert session.coherence_history == values and session.output() == "abc"
    with pytest.raises(ValueError, match="one for each of 3 tokens"):
        kernel.stream_scores(["a", "b", "c"], [0.9])
    assert kernel.is_active


def test_a_callback_and_a_list_decide_alike():
    import random

    r = random.Random(5)
    for _ in range(300):
        config = bk.BackfireConfig(window_size=r.randint(1, 12), trend_window=r.randint(2, 9))
        scores = [r.uniform(0.45, 1.0) if r.random() < 0.9 else 0.58 for _ in range(r.randint(0, 40))]
        tokens = [str(i) for i in range(len(scores))]
        for fidelity in FIDELITIES:
            one = bk.RustStreamingKernel(config, fidelity=fidelity)
            other = bk.RustStreamingKernel(config, fidelity=fidelity)
            left = iter(scores)
            a, b = one.stream_tokens(tokens, lambda token: next(left)), other.stream_scores(tokens, scores)
            assert (a.halted, a.halt_index, a.halt_reason, a.coherence_history, a.output(), one.is_active) == (
                b.halted,
                b.halt_index,
                b.halt_reason,
                b.coherence_history,
                b.output(),
                other.is_active,
            )


def test_value_classes_are_pickled_and_immutable():
    config = bk.BackfireConfig(hard_limit=0.25, window_size=7, fidelity="corrected")
    approved, score = bk.RustCoherenceScorer(nli_callback=lambda p, h: 0.1).review("sky", "blue sky")
    for fidelity in FIDELITIES:
        kernel = bk.RustStreamingKernel(fidelity=fidelity)
        for scores in ([0.9, 0.8], [0.9, 0.2, 0.9], []):
            session = kernel.stream_scores(["x"] * len(scores), scores)
            kernel.reactivate()
            for again in (pickle.loads(pickle.dumps(session)), copy.deepcopy(session)):
                for name in ("halted", "halt_index", "halt_reason", "tokens", "coherence_history"):
                    assert getattr(again, name) == getattr(session, name)
                for name in ("output", "token_count", "avg_coherence", "min_coherence", "duration_ms", "__repr__"):
                    assert getattr(again, name)() == getattr(session, name)()
    for value in (config, score):
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            assert pickle.loads(pickle.dumps(value, protocol)) == value
    assert pickle.loads(pickle.dumps(config)).fidelity == "corrected"
    for value, name in ((config, "hard_limit"), (score, "score"), (session, "halted")):
        with pytest.raises(AttributeError):
            setattr(value, name, 0)


def test_a_refused_setting_changes_nothing():
    scorer = bk.RustCoherenceScorer()
    for value in (math.nan, 2.0, -1.0, "x"):
        with pytest.raises((ValueError, TypeError)):
            scorer.threshold = value
        with pytest.raises((ValueError, TypeError)):
            scorer.soft_limit = value
    assert (scorer.threshold, scorer.soft_limit) == (0.6, 0.7)
    observer = bk.RustTCBOObserver(n=2)
    for theta in ([math.nan, 0.0], ["x", 1.0], 5, "ab", b"ab"):
        with pytest.raises((ValueError, TypeError)):
            observer.push(theta)
    engine = bk.RustSSGFEngine()
    with pytest.raises(ValueError):
        engine.set_tcbo_p_h1(math.nan)
    stepper = bk.RustUPDEStepper(noise_amplitude=0.0)
    before = stepper.run([0.1] * 16, 3)
    with pytest.raises(ValueError):
        stepper.run([0.1] * 15, 3)
    assert stepper.run([0.1] * 16, 3) == before


def test_a_seed_makes_noise_repeatable():
    runs = [bk.RustUPDEStepper(seed=7).run([0.1] * 16, 50) for _ in range(2)]
    assert runs[0] == runs[1] != bk.RustUPDEStepper(seed=8).run([0.1] * 16, 50)
    assert bk.RustUPDEStepper().run([0.1] * 16, 50) != bk.RustUPDEStepper().run([0.1] * 16, 50)


@pytest.mark.parametrize("fidelity", FIDELITIES)
def test_everything_runs_under_both_fidelities(fidelity):
    theta = [0.1 * i for i in range(16)]
    assert bk.RustUPDEStepper(fidelity=fidelity).run(theta, 100)["step_count"] == 100
    sec = bk.RustSECFunctional(fidelity=fidelity)
    assert 0 <= sec.evaluate(theta, theta_prev=theta, dt=0.01)["coherence_score"] <= 1
    sec.update_coupling([0.1] * 256)
    controller = bk.RustL16Controller(fidelity=fidelity)
    assert controller.step(theta, 0.5, 0.5, 0.1, 0.1, 0.1, 0.5, 0.1, 0.01)["lyapunov_stable"] is True
    observer = bk.RustTCBOObserver(n=2, window_size=8, fidelity=fidelity)
    for i in range(40):
        observer.push_and_compute([0.3 * i, 0.3 * i], False)
    assert 0 <= observer.compute() <= 1 and isinstance(observer.is_conscious, bool)
    assert bk.RustTCBOController(fidelity=fidelity).step(0.2, 1.0, 0.01) > 1
    pgbo = bk.RustPGBOEngine(n=2, fidelity=fidelity)
    pgbo.compute([0.1, 0.2], 0.01)
    assert len(pgbo.compute([0.2, 0.3], 0.01)["h_munu"]) == 4
    engine = bk.RustSSGFEngine(fidelity=fidelity)
    assert [log["step"] for log in engine.run(3)] == [0, 1, 2] and engine.audio_mapping()["beat_hz"] > 0


def test_bm25():
    index = bk.RustBM25()
    index.add_documents([("bread", "Bread needs flour, water, salt and yeast"), ("tea", "Tea needs water")])
    assert [name for name, _ in index.query("yeast and water", 2)] == ["bread", "tea"]
    index.add_document("tea", "Coffee")
    assert index.count() == 2 and index.query("tea", 5) == []
    assert index.remove_document("tea") and not index.remove_document("tea")
    index.clear()
    assert index.count() == 0
