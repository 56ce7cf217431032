"""Bad input: Python exceptions with clear messages, never an abort, nothing changed."""

import inspect
import os
import random
import sys
import threading
import time

import backfire_kernel as bk
import pytest
from kgents_core import Budget, TraceLedger, TraceNode

UNWANTED = (TypeError, ValueError, OverflowError, UnicodeEncodeError, ZeroDivisionError, BufferError, NotImplementedError)


class Liar:
    """A number that is none."""

    def __init__(self, answer):
        self.answer = answer

    def __float__(self):
        if isinstance(self.answer, type):
            raise self.answer("lied")
        return self.answer

    def __index__(self):
        return self.__float__()


class Raises(list):
    """A list that lies about itself."""

    def __len__(self):
        raise ZeroDivisionError("no length")

    def __getitem__(self, index):
        raise ZeroDivisionError("no item")

    def __iter__(self):
        raise ZeroDivisionError("no items")


class Endless:
    """A sequence whose length is a lie."""

    def __len__(self):
        return 2**62

    def __getitem__(self, index):
        if index > 100:
            raise IndexError
        return 0.5


THINGS = [
    None,
    5,
    2**70,
    -1,
    1.5,
    "x",
    "\ud800",
    b"x",
    [],
    ["\ud800"],
    [None],
    [Liar("x")],
    [Liar(ZeroDivisionError)],
    [Liar(float("nan"))],
    Raises([1.0]),
    [[1.0]],
    {"a": 1},
    object(),
    Ellipsis,
    float("nan"),
    memoryview(bytes(16)),
    memoryview(bytes(64)).cast("d", (2, 4)),
    iter([1.0]),
    lambda: 0,
    Liar(float("inf")),
]


def objects():
    return [
        bk.RustSafetyKernel(),
        bk.RustStreamingKernel(),
        bk.RustCoherenceScorer(),
        bk.RustBM25(),
        bk.RustUPDEStepper(),
        bk.RustSECFunctional(),
        bk.RustL16Controller(),
        bk.RustTCBOObserver(n=2),
        bk.RustTCBOController(),
        bk.RustPGBOEngine(n=2),
        TraceLedger(),
        Budget({"tokens": 5}),
    ]


def test_any_thing_in_any_place():
    import itertools

    tried = 0
    for thing in objects():
        for name in dir(thing):
            if name.startswith("_") or not callable(getattr(thing, name)):
                continue
            for count in range(4):
                for arguments in itertools.islice(itertools.product(THINGS, repeat=count), 0, 600, 1 + count):
                    if name == "run" and len(arguments) == 2 and arguments[1] == 2**70:
                        continue
                    try:
                        getattr(thing, name)(*arguments)
                    except (*UNWANTED, KeyError, IndexError, AttributeError) as error:
                        assert str(error) or isinstance(error, (ZeroDivisionError, KeyError))
                    tried += 1
    assert tried > 10_000


def test_any_thing_in_any_function():
    """Some of the arguments fit, so that what does not is met at every place. No call changes what a later one gives."""
    draw = random.Random(8)
    texts = ["", "the sky is not blue. It is 5 km off!", "x" * 300, "e\u0301 \U000e0041 \u202e"]
    lists = [texts, [], [0.2, 0.5, 0.9], [0.5] * 40, [(texts[1], texts[2])]]
    fit = [*texts, *lists, 0, 1, 3, 0.5, True, None, "mean", "max"]
    known = "the sky is blue", "the sky is not blue"
    functions = [getattr(bk, name) for name in bk.__all__ if name.startswith("rust_")]
    tried, given = 0, 0
    before = repr([bk.rust_lite_score(*known), bk.rust_softmax([0.5, 0.25], 2), bk.rust_word_overlap(*known)])
    for function in functions:
        places = len(inspect.signature(function).parameters)
        for _ in range(2000):
            count = places if draw.random() < 0.9 else draw.randint(0, places + 1)
            arguments = [draw.choice(fit if draw.random() < 0.7 else THINGS) for _ in range(count)]
            kept = [list(argument) if type(argument) is list else None for argument in arguments]
            try:
                function(*arguments)
                given += 1
            except (*UNWANTED, KeyError, IndexError, AttributeError) as error:
                assert str(error) or isinstance(error, (ZeroDivisionError, KeyError))
            assert all(was is None or was == now for was, now in zip(kept, arguments))
            tried += 1
    after = repr([bk.rust_lite_score(*known), bk.rust_softmax([0.5, 0.25], 2), bk.rust_word_overlap(*known)])
    assert before == after
    assert tried >= 2000 * len(functions) and given > 100 * len(functions), (tried, given)


class Clears:
    """A number that takes everything out of the lists it lies in as soon as it is asked for."""

    def __init__(self, *lists):
        self.lists = lists

    def __float__(self):
        for found in self.lists:
            found.clear()
        return 0.9

    def __index__(self):
        self.__float__()
        return 1


def test_lists_that_change_while_they_are_read():
    kernel = bk.RustStreamingKernel()
    tokens, scores = ["a"] * 50, [0.9] * 50
    scores[3] = Clears(scores, tokens)
    try:
        session = kernel.stream_scores(tokens, scores)
        assert session.coherence_history == [0.9] * 50 and session.tokens == ["a"] * 50
    except ValueError as error:
        # The scores were read first, and the tokens were no longer as many.
        assert "50" in str(error)
    assert scores == []
    ledger = TraceLedger()
    ids, origins, timestamps = [str(i) for i in range(50)], ["o"] * 50, [1] * 50
    timestamps[7] = Clears(ids, origins)
    try:
        ledger.append_rows(ids, origins, timestamps)
    except (ValueError, TypeError):
        assert len(ledger) == 0
    else:
        assert [node.id for node in ledger] == [str(i) for i in range(50)]


def test_a_batch_with_a_wrong_thing_in_it_changes_nothing():
    for bad in (None, "node", object(), TraceNode):
        ledger = TraceLedger()
        nodes = [TraceNode(str(i), "o", i) for i in range(100)]
        with pytest.raises(TypeError):
            ledger.append_many([*nodes, bad])
        assert len(ledger) == 0
    # One that is refused leaves those before it, wherever a batch ends.
    for place in (0, 1, 15, 16, 17, 99):
        ledger = TraceLedger()
        with pytest.raises(ValueError, match="99"):
            ledger.append_many([*nodes[:place], nodes[99], nodes[99], *nodes[place:]])
        assert [node.id for node in ledger] == [*(str(i) for i in range(place)), "99"]
        rows = TraceLedger()
        ids = [*(str(i) for i in range(place)), "", "z"]
        with pytest.raises(ValueError, match="id is empty"):
            rows.append_rows(ids, ["o"] * len(ids), [0] * len(ids))
        assert len(rows) == place


def test_any_thing_in_any_constructor():
    for name in bk.__all__:
        cls = getattr(bk, name)
        if not isinstance(cls, type):
            continue
        for thing in THINGS:
            for arguments in ((thing,), (0.5, thing), (thing, thing)):
                try:
                    cls(*arguments)
                except UNWANTED:
                    pass
    for thing in THINGS:
        for arguments in ((thing, "o", 1), ("i", thing, 1), ("i", "o", thing)):
            try:
                TraceNode(*arguments)
            except UNWANTED:
                pass


def test_a_sequence_that_lies_about_its_length():
    with pytest.raises((*UNWANTED, MemoryError, IndexError)):
        bk.RustUPDEStepper().run(Endless(), 1)
    with pytest.raises((*UNWANTED, MemoryError, IndexError)):
        bk.RustStreamingKernel().stream_scores(Endless(), Endless())


def test_half_a_surrogate_pair_does_not_leave():
    kernel = bk.RustStreamingKernel()
    with pytest.raises(UnicodeEncodeError):
        kernel.stream_tokens(["a", "\ud800"], lambda token: 0.9)
    session = kernel.stream_scores(["a", "\ud800"], [0.9, 0.9])
    with pytest.raises(UnicodeEncodeError):
        session.output()
    with pytest.raises(UnicodeEncodeError):
        bk.RustSafetyKernel().stream_scores(["\ud800"], [0.9])


def test_tokens_may_change_while_they_are_judged():
    tokens = ["a"] * 50

    def callback(_token):
        tokens.clear()
        return 0.9

    assert bk.RustStreamingKernel().stream_tokens(tokens, callback).token_count() == 50


def test_a_callback_may_use_the_object_that_calls_it():
    kernel = bk.RustStreamingKernel()

    def stop(_token):
        kernel.emergency_stop()
        assert kernel.stream_scores(["x"], [0.9]).halted
        return 0.9

    session = kernel.stream_tokens(["a", "b"], stop)
    assert session.halt_reason == "kernel_inactive" and session.output() == ""
    scorer = bk.RustCoherenceScorer(nli_callback=lambda p, h: scorer.history_len + 0.1)
    assert scorer.review("a", "b")[0]


def test_threads():
    engine, ledger, kernel = bk.RustSSGFEngine(), TraceLedger(), bk.RustStreamingKernel()
    failures = []

    def work(number):
        try:
            for i in range(30):
                engine.run(3)
                engine.r_global()
                ledger.append(TraceNode(f"{number}-{i}", f"o{number}", i))
                kernel.stream_tokens(["a"] * 9, lambda token: 0.9)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures and engine.step_count() == 360 and len(ledger) == 120


def test_long_runs_let_others_work():
    stepper = bk.RustUPDEStepper()
    started = time.perf_counter()
    stepper.run([0.1] * 16, 20_000)
    # About a second, on whatever runs this.
    steps = int(20_000 / (time.perf_counter() - started))
    done = threading.Event()
    thread = threading.Thread(target=lambda: (stepper.run([0.1] * 16, steps), done.set()))
    thread.start()
    turns = 0
    while not done.wait(0.001):
        turns += 1
    thread.join()
    assert turns > 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_after_a_fork():
    engine = bk.RustSSGFEngine()
    going = threading.Thread(target=lambda: engine.run(20_000), daemon=True)
    going.start()
    while engine.step_count() == 0:
        pass
    child = os.fork()
    if child == 0:
        # The thread that had the engine is not in this process: an error or an answer, and no waiting for ever.
        code = 1
        try:
            engine.outer_step()
            code = 0
        except RuntimeError:
            code = 0
        finally:
            kernel = bk.RustStreamingKernel()
            code |= kernel.stream_scores(["a"], [0.9]).output() != "a"
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_an_interrupt_ends_a_long_run():
    import signal

    def interrupt(*_):
        raise KeyboardInterrupt

    if sys.platform == "win32":
        pytest.skip("no alarm here")
    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    with pytest.raises(KeyboardInterrupt):
        bk.RustUPDEStepper().run([0.1] * 16, 2**62)
