"""The suite `geometry`."""

from advanced import checksum_list as lst
from advanced import config, fields, numbers, steps_of, valued
from physics import l16_output
from text import bits, real


def run(kernel, value):
    """What comes of an input."""
    return valued(lambda: KINDS[value["kind"]](kernel, value))


def symmetric_eigen(kernel, value):
    eigen = kernel.numeric.SymmetricEigen(value["n"], value["method"])

    def done(matrix):
        eigen.solve(numbers(matrix))
        eigen.orient()
        return {"values": lst(eigen.values()), "vectors": lst(eigen.vectors())}

    return [valued(lambda: done(matrix)) for matrix in value["matrices"]]


def decode(kernel, value):
    return lst(kernel.geometry.decode(value["n"], value["decoder"], real(value["sigma"]), numbers(value["z"])))


def spectral_bridge(kernel, value):
    bridge = kernel.geometry.SpectralBridge(value["n"], value["fidelity"])

    def compute(w):
        bridge.compute(numbers(w))
        return {
            "eigenvalues": lst(bridge.eigenvalues()),
            "eigenvectors": lst(bridge.eigenvectors()),
            "laplacian": lst(bridge.laplacian()),
        }

    does = {
        "compute": compute,
        "set-reference": lambda vectors: bridge.set_reference(numbers(vectors)),
        "reset": bridge.reset,
        ...: ("reset",),
    }
    return steps_of(value["steps"], does)


NUMBERS = "r_global fiedler_value spectral_gap h_rec pgbo_u_norm pgbo_h_frob tcbo_p_h1".split()
TRUTHS = "gate_open refusal w_valid eigval_ordered tcbo_gate_open".split()
SOUND = (
    "r_global entrainment_intensity beat_hz pulse_hz spatial_angle_deg fiedler_stability spectral_gap "
    "geometry_density tcbo_p_h1 pgbo_u_norm pgbo_h_frob healing_acceleration"
).split()
MODES = "l16_gate_open l16_refusal tcbo_gate_open theurgic_mode".split()


def of(value, names):
    return [getattr(value, name) for name in names]


def record(record):
    return [record.step, fields(vars(record.costs).values()), fields(of(record, NUMBERS), of(record, TRUTHS))]


def ssgf(kernel, value):
    geometry = kernel.geometry
    settings = config(geometry.default_ssgf_config(), value["config"])
    engine = geometry.SsgfEngine(settings, numbers(value["omega"]), numbers(value["coupling"]), value["fidelity"])

    def run(steps):
        last = engine.run(steps)
        return None if last is None else record(last)

    def audio():
        found = engine.audio()
        return [found.band, fields(of(found, SOUND), of(found, MODES))]

    does = {
        "outer-step": lambda: record(engine.outer_step()),
        "run": run,
        "set-p-h1": lambda p: engine.set_p_h1(real(p)),
        "set-protected": engine.set_protected,
        "set-target": lambda target: engine.set_target(numbers(target)),
        "set-theta": lambda theta: engine.set_theta(numbers(theta)),
        "audio": audio,
        "log": lambda: [record(item) for item in engine.log()],
        "take-log": lambda: [record(item) for item in engine.take_log()],
        ...: ("outer-step", "audio", "log", "take-log"),
    }
    steps = steps_of(value["steps"], does)
    controller = engine.controller()
    state = {
        "z": lst(engine.z()),
        "w": lst(engine.w()),
        "theta": lst(engine.theta()),
        "r": bits(engine.r()),
        "eigenvalues": lst(engine.eigenvalues()),
        "eigenvectors": lst(engine.eigenvectors()),
        "steps": engine.steps(),
        "controller": None if controller is None else l16_output(controller),
    }
    return {"steps": steps, "state": state}


KINDS = {"symmetric-eigen": symmetric_eigen, "decode": decode, "spectral-bridge": spectral_bridge, "ssgf": ssgf}
