"""Makes random calls of one class or function of whatever ``backfire_kernel`` is installed, and writes down what came of them.

    python calls.py CLASS COUNT SEED FILE

The calls on one object and what follows from it depend on the seed and the object's number alone, so two wheels that are
given the same one can be compared object by object. A call is (name, arguments, outcome); an outcome is ("value", ...) or
("raise", name of the exception).
"""

import json
import math
import pickle
import random
import sys

import backfire_kernel as bk
from functions import GROUPS

NAN, INF = math.nan, math.inf


def outcome(call):
    try:
        return ("value", plain(call()))
    except Exception as error:  # noqa: BLE001
        return ("raise", type(error).__name__)


def plain(value):
    if isinstance(value, bk.StreamSession):
        return {
            "halted": value.halted,
            "halt_index": value.halt_index,
            "halt_reason": value.halt_reason,
            "tokens": value.tokens,
            "history": value.coherence_history,
            "output": value.output(),
            "count": value.token_count(),
            "average": value.avg_coherence(),
            "minimum": value.min_coherence(),
            "repr": repr(value),
        }
    if isinstance(value, bk.CoherenceScore):
        return value.to_dict() | {"repr": repr(value), "evidence": value.evidence}
    if isinstance(value, bk.BackfireConfig):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if type(value).__module__ != "builtins":
        return type(value).__name__
    return value


class Calls:
    """What was called so far."""

    def __init__(self, seed, count):
        self.seed, self.left = seed, count
        self.log = []

    def objects(self):
        """Gives the random numbers of one object after the other, until there are enough calls."""
        while self.left > 0:
            self.random = random.Random(f"{self.seed} {len(self.log)}")
            self.log.append([])
            yield self.random

    def call(self, name, arguments, function):
        result = outcome(function)
        self.log[-1].append((name, arguments, result))
        self.left -= 1
        return result

    def make(self, name, arguments, function):
        """Calls a constructor; gives the object, or None where it refused."""
        made = []
        self.call(name, arguments, lambda: made.append(function()))
        return made[0] if made else None

    def odd(self, usual, *odd):
        """Mostly the usual value."""
        return self.random.choice(odd) if self.random.random() < 0.02 else usual

    def score(self):
        r = self.random
        usual = r.choice([r.uniform(0.5, 1.0), r.uniform(0.5, 0.7), r.uniform(0.0, 1.2), 0.55, 0.5, 0.7, 0.9])
        return self.odd(usual, NAN, INF, -INF, -1.0, 5.0, -0.0, 0, 1, True, None, "x", KeyError)

    def angles(self, n=16):
        r = self.random
        spread = r.choice([0.1, 3.0, 7.0])
        return [r.uniform(-spread, spread) for _ in range(n)]


def callback(scores):
    """Gives one of the scores after the other; an exception class is raised."""
    left = iter(scores)

    def ask(_token):
        score = next(left)
        if score is KeyError:
            raise KeyError("failed")
        return score

    return ask


def settings(calls):
    r = calls.random
    kwargs = {}
    for name, usual, odd in (
        ("coherence_threshold", r.uniform(0, 1), (NAN, -0.1, 1.5, "x")),
        ("hard_limit", r.choice([r.uniform(0, 0.8), 0.0, 0.5]), (NAN, 2, -1.0, INF)),
        ("soft_limit", r.uniform(0, 1), (NAN, 7.0, -INF)),
        ("window_size", r.randint(1, 12), (0, -1, 2**40, 2**70, 1.5)),
        ("window_threshold", r.uniform(0, 0.9), (NAN, -1.0, 1.5)),
        ("trend_window", r.randint(2, 9), (0, 1, 2**63)),
        ("trend_threshold", r.uniform(0.01, 1), (NAN, 0.0, -1.0, INF)),
        ("history_window", r.randint(0, 5), (2**32, -3)),
        ("deadline_ms", r.randint(1, 99), (0, -1)),
        ("logit_entropy_limit", r.uniform(0, 3), (NAN, INF)),
    ):
        if r.random() < 0.4:
            kwargs[name] = calls.odd(usual, *odd)
    if r.random() < 0.3:
        w = calls.odd(r.uniform(0, 1), 5.0, NAN, -0.5)
        kwargs |= {"w_logic": w, "w_fact": calls.odd(1.0 - w, 0.9)}
    return kwargs


def backfire_config(calls):
    fields = (
        "coherence_threshold hard_limit soft_limit w_logic w_fact window_size window_threshold trend_window "
        "trend_threshold history_window deadline_ms logit_entropy_limit"
    ).split()
    values = [0.6, 0.5, 0.7, 0.6, 0.4, 10, 0.55, 5, 0.15, 5, 50, 1.2]
    for _ in calls.objects():
        kwargs = settings(calls)
        calls.call("BackfireConfig", kwargs, lambda: bk.BackfireConfig(**kwargs))
        json_fields = dict(zip(fields, values)) | {k: v for k, v in settings(calls).items() if v == v}
        json_fields = {k: v for k, v in json_fields.items() if v not in (INF, -INF)}
        if calls.random.random() < 0.1:
            json_fields.pop(calls.random.choice(fields), None)
        if calls.random.random() < 0.1:
            json_fields["more"] = 1
        text = json.dumps(json_fields)
        calls.call("from_json", json_fields, lambda: bk.BackfireConfig.from_json(text))


def safety_kernel(calls):
    for r in calls.objects():
        limit = calls.odd(r.choice([r.uniform(0, 1), 0.0, 0.5]), NAN, 2.0, -1.0, "x")
        kernel = calls.make("RustSafetyKernel", limit, lambda: bk.RustSafetyKernel(limit))
        if kernel is None:
            continue
        active = True
        for _ in range(r.randint(1, 6)):
            scores = [calls.score() for _ in range(r.randint(0, 8))]
            tokens = [f"t{i}_" for i in range(len(scores))]
            name = "stream_output" if active else "stream_output while inactive"
            arguments = {"limit": limit, "scores": scores}
            calls.call(name, arguments, lambda: kernel.stream_output(tokens, callback(scores)))
            calls.call("is_active", arguments, lambda: kernel.is_active)
            active = kernel.is_active
            if r.random() < 0.2:
                calls.call("emergency_stop", None, kernel.emergency_stop)
                active = False
            if not active and r.random() < 0.8:
                calls.call("reactivate", None, kernel.reactivate)
                active = True


def streaming_kernel(calls):
    for r in calls.objects():
        kwargs = settings(calls)
        # More tokens than fit into memory: the published kernel aborts.
        kwargs.pop("window_size", None)
        if r.random() < 0.5:
            kwargs["window_size"] = r.randint(1, 12)
        config = calls.make("BackfireConfig", kwargs, lambda: bk.BackfireConfig(**kwargs))
        if config is None:
            continue
        kernel = bk.RustStreamingKernel(config)
        for _ in range(r.randint(1, 6)):
            scores = [calls.score() for _ in range(r.randint(0, 30))]
            tokens = [f"t{i}é" for i in range(len(scores))]
            arguments = {"config": kwargs, "scores": scores}
            if r.random() < 0.8:
                calls.call("stream_tokens", arguments, lambda: kernel.stream_tokens(tokens, callback(scores)))
            else:
                calls.call("stream_output", arguments, lambda: kernel.stream_output(tokens, callback(scores)))
            calls.call("is_active", arguments, lambda: kernel.is_active)
            if not kernel.is_active and r.random() < 0.8:
                calls.call("reactivate", None, kernel.reactivate)


WORDS = (
    "the sky is blue color system has 16 layers sec metric Sustainable ethical coherence backfire limit entropy "
    "threshold not never water Ärger İstanbul ΣΑΣ what two plus five consistent with reality opposite true depends on "
    "your perspective . , ; whisky"
).split()
FACTS = ("sky", "color", "system", "layers", "sec", "metric", "backfire", "limit")


def text(calls):
    r = calls.random
    return " ".join(r.choice(WORDS) for _ in range(r.randint(0, 9)))


def coherence_scorer(calls):
    for r in calls.objects():
        kwargs = settings(calls)
        config = calls.make("BackfireConfig", kwargs, lambda: bk.BackfireConfig(**kwargs))
        if config is None:
            continue
        nli = r.choice([None, r.uniform(0, 1), calls.odd(0.3, NAN, 7.0, -3.0, None, "x", KeyError)])
        known = r.choice([None, text(calls), calls.odd(text(calls), "", "   ", KeyError, 5, "None")])

        def ask_nli(_premise, _hypothesis):
            if nli is KeyError:
                raise KeyError("failed")
            return nli

        def ask_known(_query):
            if known is KeyError:
                raise KeyError("failed")
            return None if known == "None" else known

        sources = {}
        if nli is not None:
            sources["nli_callback"] = ask_nli
        if known is not None:
            sources["knowledge_callback"] = ask_known
        given = {"config": kwargs, "nli": nli, "known": known}
        scorer = calls.make("RustCoherenceScorer", given, lambda: bk.RustCoherenceScorer(config, **sources))
        for _ in range(r.randint(1, 9)):
            prompt, said = text(calls), text(calls)
            matched = {FACTS.index(word) // 2 for word in FACTS if word in prompt.lower()}
            arguments = given | {"prompt": prompt, "text": said, "facts": len(matched) if known is None else 0}
            for name in ("review", "compute_divergence", "calculate_logical_divergence", "calculate_factual_divergence"):
                if r.random() < 0.5:
                    calls.call(name, arguments, lambda: getattr(scorer, name)(prompt, said))
            calls.call("history_len", arguments, lambda: scorer.history_len)
            if r.random() < 0.1:
                value = calls.odd(r.uniform(0, 1), NAN, 2.0)
                name = r.choice(["threshold", "soft_limit"])
                # A refused value ends the scorer, which would differ from here on.
                if calls.call(f"set {name}", value, lambda: setattr(scorer, name, value))[0] == "raise" or not (
                    0 <= value <= 1
                ):
                    break


def bm25(calls):
    for r in calls.objects():
        k1, b = calls.odd(r.uniform(0, 3), -1.0, NAN), calls.odd(r.uniform(0, 1), 5.0, NAN)
        index = calls.make("RustBM25", (k1, b), lambda: bk.RustBM25(k1, b))
        if index is None or not (k1 >= 0 and 0 <= b <= 1):
            continue
        # An index of texts with capitals whose small form has a mark is a listed difference from there on.
        dotted = r.random() < 0.02
        some = (lambda: text(calls)) if dotted else (lambda: text(calls).replace("İ", "I"))
        document = some()
        for number in range(r.randint(0, 12)):
            # Some say the same, so that they score alike.
            document = document if r.random() < 0.2 else some()
            calls.call("add_document", dotted, lambda: index.add_document(f"d{number}", document))
        for _ in range(r.randint(1, 12)):
            query, most = some(), calls.odd(r.randint(0, 15), -1, 2**70)
            calls.call("query", (query, most, dotted), lambda: index.query(query, most))
            calls.call("count", None, index.count)
        calls.call("clear", None, index.clear)
        calls.call("count", None, index.count)


def upde(calls):
    for r in calls.objects():
        dt = calls.odd(r.choice([0.01, 0.001, r.uniform(1e-4, 0.05)]), 0.0, -0.01, NAN)
        field = r.uniform(-1, 1)
        stepper = calls.make(
            "RustUPDEStepper", (dt, field), lambda: bk.RustUPDEStepper(dt=dt, field_pressure=field, noise_amplitude=0.0)
        )
        if stepper is None or not dt > 0:
            continue
        for _ in range(r.randint(1, 20)):
            theta = calls.angles(calls.odd(16, 0, 15, 17))
            if r.random() < 0.02:
                theta[:1] = [r.choice([NAN, INF])]
            steps = r.choice([0, 1, 2, 5, 10])
            calls.call("run", (theta, steps), lambda: stepper.run(theta, steps))
            if r.random() < 0.3:
                state = calls.angles(r.randint(0, 20))
                calls.call("create_state", state, lambda: bk.RustUPDEStepper.create_state(state))


def sec(calls):
    for r in calls.objects():
        weights = (r.uniform(0, 1), r.uniform(0, 1))
        functional = calls.make("RustSECFunctional", weights, lambda: bk.RustSECFunctional(*weights))
        for _ in range(r.randint(1, 30)):
            theta = calls.angles(calls.odd(16, 0, 3, 20))
            before = None if r.random() < 0.3 else calls.angles(calls.odd(16, 3, 20))
            if r.random() < 0.02 and theta:
                theta[0] = r.choice([NAN, INF])
            dt = calls.odd(r.uniform(0.001, 0.1), 0.0, -1.0, NAN)
            if not theta or dt != dt:
                # Listed: refused, and what the published functional remembers of it shows for as long as it lives.
                calls.call("evaluate", (theta, before, dt), lambda: bk.RustSECFunctional().evaluate(theta, before, dt))
                continue
            calls.call("evaluate", (theta, before, dt), lambda: functional.evaluate(theta, before, dt))
            if r.random() < 0.05:
                flat = [r.uniform(0, 1) for _ in range(calls.odd(256, 255))]
                calls.call("update_coupling", len(flat), lambda: functional.update_coupling(flat))
        calls.call("critical_coupling", None, functional.critical_coupling)


def l16(calls):
    for r in calls.objects():
        window = calls.odd(r.randint(2, 12), 0, 1, 200)
        plv_window = r.randint(1, 12)
        controller = calls.make(
            "RustL16Controller",
            (plv_window, window),
            lambda: bk.RustL16Controller(plv_window=plv_window, h_rec_window=window),
        )
        for _ in range(r.randint(1, 40)):
            theta = calls.angles(r.choice([16, 16, 3, 0]))
            numbers = [r.uniform(0, 1), r.uniform(0, 1)] + [r.uniform(0, 2) for _ in range(5)] + [r.uniform(0.001, 0.1)]
            if r.random() < 0.005:
                numbers[r.randrange(7)] = NAN
                # Listed: refused, where it would stay in the published controller for good.
                fresh = bk.RustL16Controller()
                calls.call("step", (theta, numbers), lambda: fresh.step(theta, *numbers))
                continue
            calls.call("step", (theta, numbers), lambda: controller.step(theta, *numbers))
            calls.call("plv_gate_open", None, controller.plv_gate_open)


def tcbo_observer(calls):
    for r in calls.objects():
        n, window = r.randint(1, 6), r.randint(1, 20)
        observer = calls.make(
            "RustTCBOObserver", (n, window), lambda: bk.RustTCBOObserver(n=n, window_size=window, beta=r.uniform(1, 9))
        )
        for _ in range(r.randint(10, 80)):
            theta = calls.angles(calls.odd(n, n + 1, max(n - 1, 0)))
            if r.random() < 0.003:
                theta = [NAN] * n
                fresh = bk.RustTCBOObserver(n=n)
                calls.call("push", theta, lambda: fresh.push(theta))
                continue
            force = r.random() < 0.3
            calls.call("push_and_compute", (theta, force), lambda: observer.push_and_compute(theta, force))
            calls.call("p_h1", None, lambda: (observer.p_h1, observer.is_conscious))
            if r.random() < 0.02:
                calls.call("reset", None, observer.reset)
            if r.random() < 0.1:
                calls.call("compute", None, observer.compute)


def tcbo_controller(calls):
    for r in calls.objects():
        settings = (r.uniform(0, 1), r.uniform(0, 2), r.uniform(0, 1), r.uniform(0.1, 9))
        controller = calls.make("RustTCBOController", settings, lambda: bk.RustTCBOController(*settings))
        for _ in range(r.randint(1, 30)):
            numbers = [r.uniform(0, 1), r.uniform(0, 5), r.uniform(0.001, 1)]
            if r.random() < 0.005:
                numbers[r.randrange(3)] = NAN
                fresh = bk.RustTCBOController()
                calls.call("step", numbers, lambda: fresh.step(*numbers))
                continue
            calls.call("step", numbers, lambda: controller.step(*numbers))
            given = r.choice([None, r.uniform(0, 1)])
            calls.call("is_gate_open", given, lambda: controller.is_gate_open(given))
            if r.random() < 0.05:
                calls.call("reset", None, controller.reset)


def pgbo(calls):
    for r in calls.objects():
        n = r.randint(1, 8)
        settings = (n, r.uniform(0, 1), r.uniform(0, 1), r.uniform(1, 20), r.random() < 0.3)
        engine = calls.make("RustPGBOEngine", settings, lambda: bk.RustPGBOEngine(*settings))
        for _ in range(r.randint(1, 30)):
            theta = calls.angles(calls.odd(n, max(n - 1, 1), n + 2))
            dt = calls.odd(r.uniform(0.001, 0.1), 0.0)
            if r.random() < 0.005:
                theta = [NAN] * n
                fresh = bk.RustPGBOEngine(n)
                calls.call("compute", (theta, dt), lambda: fresh.compute(theta, dt))
                continue
            calls.call("compute", (theta, dt), lambda: engine.compute(theta, dt))
            calls.call("norms", None, lambda: (engine.u_norm, engine.h_frob))
            if r.random() < 0.1:
                potential = [r.uniform(-5, 5) for _ in range(r.randint(0, n))]
                calls.call("set_boundary_potential", None, lambda: engine.set_boundary_potential(potential))
            if r.random() < 0.02:
                calls.call("reset", None, engine.reset)


def ssgf(calls):
    for r in calls.objects():
        n = r.choice([16, 16, 9, 5, 3])
        own = n != 16 or r.random() < 0.5
        kwargs = {
            "n": n,
            "omega": [r.uniform(0, 10) for _ in range(n)] if own else None,
            "k": [r.uniform(0, 0.5) for _ in range(n * n)] if own else None,
            "lr_z": r.uniform(0, 0.05),
            "n_micro": r.randint(1, 15),
            "noise_amp": r.uniform(0, 0.1),
            "pgbo_enabled": r.random() < 0.8,
            "seed": r.getrandbits(64),
        }
        engine = calls.make("RustSSGFEngine", kwargs, lambda: bk.RustSSGFEngine(**kwargs))
        for _ in range(r.randint(2, 12)):
            if r.random() < 0.3:
                p_h1 = 2.0 if r.random() < 0.15 else r.uniform(0, 1)
                if p_h1 <= 1:
                    calls.call("set_tcbo_p_h1", p_h1, lambda: engine.set_tcbo_p_h1(p_h1))
                else:
                    fresh = bk.RustSSGFEngine()
                    calls.call("set_tcbo_p_h1", p_h1, lambda: fresh.set_tcbo_p_h1(p_h1))
            calls.call("outer_step", kwargs["seed"], engine.outer_step)
            if r.random() < 0.3:
                calls.call("run", 2, lambda: engine.run(2))
            calls.call("audio_mapping", None, engine.audio_mapping)
            calls.call("state", None, lambda: (engine.r_global(), engine.step_count()))


def functions(generate, names):
    """Calls each function with the same arguments; as many times each as a class is called in all."""

    def call(calls):
        calls.left *= len(names)
        for _ in calls.objects():
            arguments = generate(calls)
            for name in names:
                calls.call(name, arguments, lambda: getattr(bk, f"rust_{name}")(*arguments))

    return call


CLASSES = {group: functions(generate, names.split()) for group, (generate, names) in GROUPS.items()} | {
    "BackfireConfig": backfire_config,
    "RustSafetyKernel": safety_kernel,
    "RustStreamingKernel": streaming_kernel,
    "RustCoherenceScorer": coherence_scorer,
    "RustBM25": bm25,
    "RustUPDEStepper": upde,
    "RustSECFunctional": sec,
    "RustL16Controller": l16,
    "RustTCBOObserver": tcbo_observer,
    "RustTCBOController": tcbo_controller,
    "RustPGBOEngine": pgbo,
    "RustSSGFEngine": ssgf,
}

if __name__ == "__main__":
    name, count, seed, file = sys.argv[1:]
    calls = Calls(f"{name} {seed}", int(count))
    CLASSES[name](calls)
    with open(file, "wb") as out:
        pickle.dump({"version": bk.__version__, "objects": calls.log}, out)
