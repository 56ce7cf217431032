"""The suite `halt`."""

from interlock import InterlockError, Record
from text import (
    batch_text,
    bits,
    config,
    each,
    halt_input,
    halt_text,
    observation,
    optional_bits,
    real,
    reals,
    spoken,
    step,
    summary_text,
    valued,
    verdict_text,
)


def run(kernel, value):
    """What comes of an input."""
    kinds = {"monitor": monitor, "kernel": streaming, "safety": safety, "entropy": entropy}
    return valued(lambda: kinds[value["kind"]](kernel.halt, value))


def monitor(halt, value):
    monitor = halt.StreamMonitor(config(halt.default_config(), value["config"]))

    def done(name, what):
        match name:
            case "push":
                return each(reals(what), lambda score: verdict_text(monitor.push(score)))
            case "observe":
                return each(what, lambda seen: verdict_text(monitor.push_observation(observation(seen))))
            case "batch":
                return spoken(lambda: batch_text(monitor.push_many(reals(what))))
            case "fill":
                return spoken(lambda: batch_text(monitor.push_many([real(what[1])] * what[0])))
            case "stop":
                return spoken(lambda: verdict_text(monitor.stop(halt_input(what))))
            case "finish":
                return spoken(lambda: summary_text(monitor.finish()))
        raise ValueError(name)

    steps = [done(*step(value)) for value in value["steps"]]
    return {"steps": steps, "state": monitor.state(), "summary": summary_text(monitor.summary())}


def scored(tokens):
    return [Record(text=text, score=real(score)) for text, score in tokens]


def streaming(halt, value):
    kernel = halt.StreamingKernel(config(halt.default_config(), value["config"]))

    def recorded(record):
        tokens = [[token.text, optional_bits(token.score), verdict_text(token.verdict)] for token in record.tokens]
        return {"tokens": tokens, "output": record.output, "summary": summary_text(record.summary)}

    def done(name, what):
        match name:
            case "begin":
                return kernel.begin()
            case "push":
                return verdict_text(kernel.push(what[0], observation(what[1])))
            case "end":
                return recorded(kernel.end())
            case "run":
                return recorded(kernel.run(scored(what)))
            case "emergency-stop":
                return kernel.emergency_stop()
            case "reactivate":
                return kernel.reactivate()
        raise ValueError(name)

    steps = []
    for item in value["steps"]:
        answer = valued(lambda: done(*step(item)))
        steps.append([answer, kernel.state(), "active" if kernel.is_active() else "inactive"])
    return {"steps": steps}


def safety(halt, value):
    kernel = halt.SafetyKernel(real(value["hard_limit"]))
    steps = []
    for item in value["steps"]:
        name, what = step(item)
        answer = None
        if name == "run":
            outcome = kernel.run(scored(what))
            if outcome.tag == "passed":
                answer = {"passed": outcome.payload}
            else:
                answer = {"interrupted": f"{outcome.payload.index} {halt_text(outcome.payload.halt)}"}
        elif name == "emergency-stop":
            kernel.emergency_stop()
        else:
            kernel.reactivate()
        steps.append([answer, "active" if kernel.is_active() else "inactive"])
    return {"steps": steps}


def entropy(halt, value):
    try:
        return bits(halt.logit_entropy(reals(value["log_probabilities"])))
    except InterlockError:
        return {"refused": "entropy"}
