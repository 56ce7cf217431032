"""Rows of `npm run bench`: our wheel beside the published one.

    python bench.py PUBLISHED OURS [ROW ...]

PUBLISHED and OURS are interpreters, each of which keeps a worker. Within a round they take turns at every row; a row is the
minimum of its rounds, and the goal of a row with a baseline is the ratio of the two. Rows without one are scaled by the
minimum of a calibration loop of the same rounds. Without names of rows it takes all of them.
"""

import json
import subprocess
import sys

# Short rounds, and many: on a busy machine long ones are all interrupted.
ROUNDS = 31
# name: (how many calls in a round, the least ratio)
COMPARED = {
    "python/stream-callback-100": (100, 1.0),
    "python/stream-scores-100": (100, 20.0),
    "python/upde-100-steps": (8, 15.0),
    "python/ssgf-outer-step": (25, 5.0),
    "python/ssgf-outer-step-corrected": (25, 5.0),
    "python/pgbo": (300, 3.0),
    "python/sec": (300, 3.0),
}
# name: (how many in a round, the greatest value, its unit, in seconds)
ALONE = {
    "python/trace-node": (5_000, 0.3, "us", 1e-6),
    "python/append-many-million": (1, 150.0, "ms", 1e-3),
    "python/covenant-check": (5_000, 0.2, "us", 1e-6),
}
WORKER = '''
import itertools, sys, time
import backfire_kernel as bk

tokens = [f"token {i} " for i in range(100)]
# Numbers of their own, as a scorer makes them.
scores = [0.8 + 0.001 * i for i in range(100)]
theta = [0.1 * i for i in range(16)]
kernel, stepper = bk.RustStreamingKernel(), bk.RustUPDEStepper(noise_amplitude=0.0)
# Phases that move: of phases at rest PGBO makes nothing but zeros.
moving = itertools.cycle([theta, [0.1 * i + 0.01 * i * i for i in range(16)]])
engine, pgbo, sec = bk.RustSSGFEngine(), bk.RustPGBOEngine(), bk.RustSECFunctional()
callback = lambda token: 0.85
ours = hasattr(kernel, "stream_scores")
streams = (lambda: kernel.stream_scores(tokens, scores)) if ours else (lambda: kernel.stream_tokens(tokens, callback))
corrected = bk.RustSSGFEngine(fidelity="corrected") if ours else engine
does = {
    "python/stream-callback-100": lambda: kernel.stream_tokens(tokens, callback),
    "python/stream-scores-100": streams,
    "python/upde-100-steps": lambda: stepper.run(theta, 100),
    "python/ssgf-outer-step": engine.outer_step,
    "python/ssgf-outer-step-corrected": corrected.outer_step,
    "python/pgbo": lambda: pgbo.compute(next(moving), 0.01),
    "python/sec": lambda: sec.evaluate(theta, theta, 0.01),
}
if ours:
    from kgents_core import Covenant, CovenantGate, TraceLedger, TraceNode

    gate = CovenantGate(Covenant("assistant", [("fs", f"read/{i}/**") for i in range(50)]))
    million = []

    def append():
        if not million:
            million.extend(TraceNode(f"node {i}", "origin", i) for i in range(1_000_000))
        ledger = TraceLedger()
        started = time.perf_counter()
        ledger.append_many(million)
        return time.perf_counter() - started

    does["python/trace-node"] = lambda: TraceNode("node", "origin", 1234567890)
    does["python/covenant-check"] = lambda: gate.allows("fs", "read/25/notes.txt")
    does["python/append-many-million"] = append

def calibrate(count):
    x = 0.5
    started = clock()
    for _ in range(count):
        x = x * 0.999999 + 0.25
    return clock() - started


clock = time.perf_counter
for line in sys.stdin:
    name, count = line.split()
    work = does.get(name)
    if name == "calibration":
        taken = calibrate(int(count))
    elif name == "python/append-many-million":
        taken = work()
    else:
        repeat = range(int(count))
        started = clock()
        for _ in repeat:
            work()
        taken = clock() - started
    print(repr(taken / int(count)), flush=True)
'''
# Seconds of a step of the calibration loop on the machine that the goals were set on.
REFERENCE = 28e-9


class Worker:
    def __init__(self, python):
        self.process = subprocess.Popen([python, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def seconds(self, name, count):
        print(name, count, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def main(published, ours, *names):
    unknown = set(names) - COMPARED.keys() - ALONE.keys()
    if unknown:
        sys.exit(f"no rows: {', '.join(sorted(unknown))}")

    def wanted(rows):
        return {name: row for name, row in rows.items() if not names or name in names}

    compared, alone = wanted(COMPARED), wanted(ALONE)
    workers = {"published": Worker(published), "ours": Worker(ours)}
    least, step = {}, 1.0
    for number in range(ROUNDS):
        for name, (count, _) in compared.items():
            for which, worker in workers.items():
                taken = worker.seconds(name, count)
                least[name, which] = min(taken, least.get((name, which), taken))
        for name, (count, *_) in alone.items():
            # A million nodes take long: a few rounds of them.
            if count > 1 or number % 8 == 0:
                taken = workers["ours"].seconds(name, count)
                least[name, "ours"] = min(taken, least.get((name, "ours"), taken))
        step = min(step, workers["ours"].seconds("calibration", 10_000))
    for worker in workers.values():
        worker.end()
    for name, (_, goal) in compared.items():
        value, baseline = (least[name, which] * 1e6 for which in ("ours", "published"))
        ratio = baseline / value
        row = {"name": name, "value": value, "unit": "us", "goal": goal, "holds": ratio >= goal}
        print(json.dumps(row | {"baseline": baseline, "ratio": ratio}))
    for name, (_, goal, unit, second) in alone.items():
        value = least[name, "ours"] * REFERENCE / step / second
        print(json.dumps({"name": name, "value": value, "unit": unit, "goal": goal, "holds": value <= goal}))


if __name__ == "__main__":
    main(*sys.argv[1:])
