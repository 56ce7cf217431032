"""The suite `observers`."""

from advanced import checksum_list as lst
from advanced import config, fields, numbers, steps_of, valued
from text import bits, real


def run(kernel, value):
    """What comes of an input."""
    return valued(lambda: KINDS[value["kind"]](kernel.observers, value))


def bars_list(bars):
    return lst([number for bar in bars for number in (bar.birth, bar.death)])


def rips(observers, value):
    rips = observers.Rips()

    def done(points, dimension):
        coordinates = numbers(points)
        bars = bars_list(rips.bars(coordinates, dimension))
        joins, diameter = rips.joins(), rips.diameter()
        longest = rips.longest(coordinates, dimension)
        text = "-" if longest.bar is None else fields([longest.bar.birth, longest.bar.death])
        return {
            "bars": bars,
            "joins": lst(joins),
            "diameter": bits(diameter),
            "longest": f"{text} {fields([longest.lifetime, longest.diameter])}",
        }

    return [valued(lambda: done(*cloud)) for cloud in value["clouds"]]


def embed(observers, value):
    found = observers.embed(numbers(value["samples"]), value["channels"], value["embed_dim"], value["tau_delay"])
    return lst(found)


def squash(observers, value):
    return lst([observers.squash(s, real(value["s0"]), real(value["beta"])) for s in numbers(value["s"])])


def s0_for(observers, value):
    return lst([observers.s0_for(real(value["s_tau"]), p, real(value["beta"])) for p in numbers(value["p"])])


def tcbo_reading(reading):
    values = [reading.p_h1, reading.s_h1, reading.lifetime, reading.diameter, reading.h1_error]
    return fields(values, [reading.is_conscious])


def tcbo(observers, value):
    settings = config(observers.default_tcbo_config(), value["config"])
    tcbo = observers.Tcbo(value["phases"], settings, value["fidelity"])

    def observe(samples):
        last = None
        for theta in samples:
            last = tcbo_reading(tcbo.observe(numbers(theta)))
        return last

    does = {
        "push": lambda theta: tcbo.push(numbers(theta)),
        "observe": observe,
        "compute": lambda force: tcbo_reading(tcbo.compute(force)),
        "bars": lambda: bars_list(tcbo.bars()),
        "reset": tcbo.reset,
        ...: ("bars", "reset"),
    }
    steps = steps_of(value["steps"], does)
    return {"steps": steps, "reading": tcbo_reading(tcbo.reading()), "buffered": tcbo.buffered(), "s0": bits(tcbo.s0())}


def tcbo_controller(observers, value):
    settings = config(observers.default_tcbo_controller_config(), value["config"])
    controller = observers.TcboController(settings, value["fidelity"])

    def step(what):
        control = controller.step(*map(real, what))
        return fields([control.kappa, control.error])

    does = {
        "step": step,
        "is-gate-open": lambda p: controller.is_gate_open(None if p is None else real(p)),
        "reset": controller.reset,
        ...: ("reset",),
    }
    steps = steps_of(value["steps"], does)
    history = [fields([control.p_h1, control.kappa, control.error]) for control in controller.history()]
    return {"steps": steps, "integral": bits(controller.integral()), "history": history}


def pgbo_reading(reading):
    return fields([reading.u_norm, reading.h_trace, reading.h_frob])


def pgbo(observers, value):
    settings = config(observers.default_pgbo_config(), value["config"])
    pgbo = observers.Pgbo(value["dimension"], settings, value["fidelity"])

    def state():
        return {
            "u": lst(pgbo.u()),
            "potential": lst(pgbo.potential()),
            "kappa": bits(pgbo.kappa()),
            "tensor": lst(pgbo.tensor()),
        }

    does = {
        "compute": lambda what: pgbo_reading(pgbo.compute(numbers(what[0]), real(what[1]))),
        "set-potential": lambda potential: pgbo.set_potential(numbers(potential)),
        "scale-kappa": lambda factor: pgbo.scale_kappa(real(factor)),
        "multiply": lambda x: lst(pgbo.multiply(numbers(x))),
        "state": state,
        "reset": pgbo.reset,
        ...: ("state", "reset"),
    }
    return {"steps": steps_of(value["steps"], does), "state": state()}


def pgbo_of_gradient(observers, value):
    settings = config(observers.default_pgbo_config(), value["config"])
    gradient, potential = numbers(value["gradient"]), numbers(value["potential"])
    reading, u = observers.pgbo_of_gradient(settings, value["fidelity"], gradient, potential)
    return {"reading": pgbo_reading(reading), "u": lst(u)}


KINDS = {
    "rips": rips,
    "embed": embed,
    "squash": squash,
    "s0-for": s0_for,
    "tcbo": tcbo,
    "tcbo-controller": tcbo_controller,
    "pgbo": pgbo,
    "pgbo-of-gradient": pgbo_of_gradient,
}
