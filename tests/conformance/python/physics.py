"""The suite `physics`."""

from advanced import checksum_list as lst
from advanced import config, fields, numbers, steps_of, valued, word, word_of
from interlock import Case, Record
from text import bits, optional_bits, real


def run(kernel, value):
    """What comes of an input."""
    return valued(lambda: KINDS[value["kind"]](kernel, value))


def sin_cos_all(kernel, value):
    return [lst(part) for part in kernel.numeric.sin_cos_all(numbers(value["x"]))]


def xorshift64(kernel, value):
    noise = kernel.numeric.Xorshift64(word_of(value["seed"]), value["fidelity"])
    does = {
        "uniforms": lambda count: lst(noise.uniforms(count)),
        "normals": lambda count: lst(noise.normals(count)),
        "skip-normals": noise.skip_normals,
        ...: (),
    }
    return [steps_of(value["draws"], does), word(noise.state())]


def layers(kernel, value):
    physics = kernel.physics
    return {"omega": lst(physics.layer_omega()), "coupling": lst(physics.layer_coupling(value["fidelity"]))}


def difference(kernel, value):
    every = numbers(value["x"])
    return lst([kernel.physics.difference(a, b) for a in every for b in every])


def upde(kernel, value):
    physics = kernel.physics
    settings = config(physics.default_upde_config(), value["config"])
    rest = numbers(value["theta"]), settings, word_of(value["seed"]), value["fidelity"]
    if "omega" not in value and "coupling" not in value:
        upde = physics.Upde.layers(*rest)
    else:
        upde = physics.Upde(numbers(value.get("omega", "")), numbers(value.get("coupling", "")), *rest)

    def state():
        return {
            "theta": lst(upde.theta()),
            "velocity": lst(upde.velocity()),
            "r": bits(upde.r()),
            "time": bits(upde.time()),
            "steps": upde.steps(),
            "noise_state": word(upde.noise_state()),
        }

    does = {
        "step": upde.step,
        "run": upde.run,
        "set-config": lambda changes: upde.set_config(config(physics.default_upde_config(), changes)),
        "set-coupling": lambda coupling: upde.set_coupling(numbers(coupling)),
        "set-theta": lambda theta: upde.set_theta(numbers(theta)),
        "state": state,
        ...: ("step", "state"),
    }
    return {"steps": steps_of(value["steps"], does), "state": state()}


def sec(kernel, value):
    physics = kernel.physics
    settings = config(physics.default_sec_config(), value["config"])
    sec = physics.Sec(numbers(value["omega"]), numbers(value["coupling"]), settings, value["fidelity"])

    def evaluate(given):
        kind, other = next(iter((given.get("motion") or {}).items()), (None, None))
        motion = Case("unknown") if kind is None else Case(kind, numbers(other))
        found = sec.evaluate(numbers(given["theta"]), motion, real(given["interval"]))
        return fields(vars(found).values())

    does = {
        "evaluate": evaluate,
        "set-coupling": lambda coupling: sec.set_coupling(numbers(coupling)),
        "reset": sec.reset,
        ...: ("reset",),
    }
    steps = steps_of(value["steps"], does)
    return {"steps": steps, "v_max": bits(sec.v_max()), "previous": optional_bits(sec.previous())}


def l16_output(said):
    names = "lambda7 lambda8 lambda10 nu_star h_rec dh_rec_dt avg_plv lr_z_scale d_theta_scale tau_d_scale".split()
    truths = [said.gate_open, said.refusal, said.lyapunov_stable]
    return fields([getattr(said, name) for name in names], truths)


def l16(kernel, value):
    physics = kernel.physics
    l16 = physics.L16(config(physics.default_l16_config(), value["config"]), value["fidelity"])

    def done(step):
        def block(name):
            return Record(values=numbers(step[name]), columns=step["columns"])

        r, p_h1, h_frob, c7, c8, c10, dt = (real(step[name]) for name in "r p_h1 h_frob c7 c8 c10 dt".split())
        look = real(step["locking"])
        state = Record(
            theta=numbers(step["theta"]),
            eigenvectors=block("eigenvectors"),
            target=block("target"),
            r=r,
            p_h1=p_h1,
            h_frob=h_frob,
        )
        locking = Case("value" if step.get("locking_is_value") else "difference", look)
        return l16_output(l16.step(Record(state=state, locking=locking, c7=c7, c8=c8, c10=c10, dt=dt)))

    steps = [valued(lambda: done(step)) for step in value["steps"]]
    return {"steps": steps, "history": lst(l16.history()), "refusals": l16.refusals()}


def pi_element(kernel, value):
    element = kernel.physics.PiElement(real(value["setpoint"]), real(value["kp"]), real(value["ki"]))
    if value.get("bounds") is not None:
        element.set_bounds(*(Record(min=real(least), max=real(most)) for least, most in value["bounds"]))
    steps = [valued(lambda: bits(element.step(*map(real, step), value["fidelity"]))) for step in value["steps"]]

    def kept():
        return fields([element.integral(), element.last_error()])

    before = kept()
    element.reset()
    return {"steps": steps, "kept": before, "reset": kept()}


KINDS = {
    "sin-cos-all": sin_cos_all,
    "exp-all": lambda kernel, value: lst(kernel.numeric.exp_all(numbers(value["x"]))),
    "ln-all": lambda kernel, value: lst(kernel.numeric.ln_all(numbers(value["x"]))),
    "xorshift64": xorshift64,
    "layers": layers,
    "order-parameter": lambda kernel, value: bits(kernel.physics.order_parameter(numbers(value["theta"]))),
    "wrap": lambda kernel, value: lst([kernel.physics.wrap(x, value["fidelity"]) for x in numbers(value["x"])]),
    "difference": difference,
    "critical-coupling": lambda kernel, value: bits(kernel.physics.critical_coupling(numbers(value["omega"]))),
    "slope": lambda kernel, value: bits(
        kernel.physics.slope(numbers(value["history"]), value["window"], real(value["dt"]))
    ),
    "refuses": lambda kernel, value: kernel.physics.refuses(
        numbers(value["history"]), value["window"], value["fidelity"]
    ),
    "upde": upde,
    "sec": sec,
    "l16": l16,
    "pi-element": pi_element,
}
