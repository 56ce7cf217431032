"""The published vectors through the wheel, where they are at hand."""

import json
import math
import pathlib

import backfire_kernel as bk
import pytest

GOLDEN = pathlib.Path(__file__).parents[3] / "shared" / "golden"


def vectors(name):
    path = GOLDEN / f"{name}.json"
    if not path.exists():
        pytest.skip(f"../shared/golden/{name}.json is not there")
    return json.loads(path.read_text())


def near(got, want, tolerance):
    return abs(got - want) <= tolerance * max(1.0, abs(want))


def near_all(got, want, tolerance):
    return len(got) == len(want) and all(near(a, b, tolerance) for a, b in zip(got, want))


def callback(scores):
    left = iter(scores)

    def ask(_token):
        score = next(left)
        if score == "PANIC":
            raise RuntimeError("failed")
        return float(score.replace("Infinity", "inf")) if isinstance(score, str) else score

    return ask


def test_streams():
    held = 0
    for vector in vectors("h_streams")["streams"]:
        want = vector["result"]
        try:
            kernel = bk.RustStreamingKernel(bk.BackfireConfig(**vector["config_overrides"]))
        except ValueError:
            assert not vector["config_valid"], vector["name"]
            continue
        tokens = [f"t{i}_" for i in range(len(vector["scores"]))]
        session = kernel.stream_tokens(tokens, callback(vector["scores"]))
        if vector["name"] == "hard_zero_nan_passes":
            assert session.halt_reason == "non_finite_score"
            continue
        got = {
            "halted": session.halted,
            "halt_index": session.halt_index,
            "halt_reason": session.halt_reason,
            "n_tokens": session.token_count(),
            "coherence_history": session.coherence_history,
            "avg_coherence": session.avg_coherence(),
            "min_coherence": session.min_coherence(),
            "output": session.output(),
            "kernel_active_after": kernel.is_active,
        }
        assert got == {name: want[name] for name in got}, vector["name"]
        held += 1
    assert held > 60


def test_upde():
    runs = [run for run in vectors("b_upde")["runs"] if run["knm"] == "default" and run["noise_amplitude"] == 0.0]
    runs = [run for run in runs if run["omega"][1] == 251.327]
    assert runs
    for run in runs:
        stepper = bk.RustUPDEStepper(dt=run["dt"], field_pressure=run["field_pressure"], noise_amplitude=0.0)
        for state in run["states"]:
            got = stepper.run(run["theta0"], state["step_count"])
            for a, b in zip(got["theta"], state["theta"]):
                assert abs((a - b + math.pi) % math.tau - math.pi) <= 1e-10, run["name"]
            assert near(got["r_global"], state["r_global"], 1e-10) and got["step_count"] == state["step_count"]
            assert near(got["t"], state["t"], 1e-12) and near_all(got["dtheta_dt"], state["dtheta_dt"], 1e-8)


def test_sec():
    held = 0
    for sequence in vectors("c_sec")["sequences"]:
        if sequence["knm"] != "default" or sequence["omega"][1] != 251.327:
            continue
        functional = bk.RustSECFunctional(sequence["lambda_omega"], sequence["lambda_entropy"])
        assert near(functional.critical_coupling(), sequence["critical_coupling"], 1e-12)
        for step in sequence["evaluations"]:
            if step["coupling_scaled_before_this"] is not None or not step["theta"]:
                break
            if any(isinstance(angle, str) for angle in step["theta"] + (step["theta_prev"] or [])):
                continue
            got = functional.evaluate(step["theta"], step["theta_prev"], step["dt"])
            for name, value in got.items():
                # The published Bessel function is good to seven digits.
                assert near(value, step["result"][name], 1e-7 if "entropy" in name else 1e-9), sequence["name"]
            held += 1
    assert held > 5


def test_l16():
    run = vectors("d_l16")["runs"][0]
    controller = bk.RustL16Controller(**run["config"])
    inputs, outputs = run["inputs"], run["outputs"]
    for at in range(200):
        names = ("r_global", "plv", "c7_symbolic", "c8_phase", "c10_boundary", "p_h1", "h_frob")
        got = controller.step([], *(inputs[name][at] for name in names), run["dt"])
        for name in ("lambda7", "nu_star", "h_rec", "dh_rec_dt", "avg_plv", "lr_z_scale", "tau_d_scale"):
            assert near(got[name], outputs[name][at], 1e-10), (name, at)
        assert got["gate_open"] == outputs["gate_open"][at] and got["refusal"] == outputs["refusal"][at]


def test_pgbo():
    for run in vectors("e_pgbo")["runs"]:
        engine = bk.RustPGBOEngine(run["d"], run["alpha"], run["kappa"], run["u_cap"], run["traceless"])
        for number, step in enumerate(run["steps"]):
            if number == 5 and run["a_mu_set_before_step_5"] is not None:
                engine.set_boundary_potential(run["a_mu_set_before_step_5"])
            got = engine.compute(step["theta"], run["dt"])
            assert near_all(got["u_mu"], step["u_mu"], 1e-11), run["name"]
            for name in ("u_norm", "h_trace", "h_frob"):
                assert near(got[name], step[name], 1e-11), (run["name"], number)


def test_tcbo():
    file = vectors("g_tcbo")
    run = next(run for run in file["observer_spread"] if run["name"] == "default_3ch")
    observer = bk.RustTCBOObserver(run["n"])
    for theta, p_h1, conscious in zip(run["theta"], run["p_h1"], run["is_conscious"]):
        assert near(observer.push_and_compute(theta, False), p_h1, 1e-12)
        assert observer.is_conscious == conscious
    assert near(observer.compute(), run["forced_compute_at_end"], 1e-12)
    run = file["controller"][0]
    controller, kappa = bk.RustTCBOController(), run["kappa_start"]
    for at, (p_h1, want) in enumerate(zip(run["p_h1"], run["kappa"])):
        # From there on the gain is changed from outside.
        if at == 6:
            break
        kappa = controller.step(p_h1, kappa, run["dt"])
        assert near(kappa, want, 1e-12)


@pytest.mark.parametrize("seed", [42, 7])
def test_ssgf(seed):
    run = next(run for run in vectors(f"f_ssgf_seed_{seed}")["runs"] if run["name"] == "default")
    engine = bk.RustSSGFEngine(seed=seed)
    logs = engine.run(run["steps"])
    for name in logs[0]:
        for at, log in enumerate(logs):
            want = run["log"][name][at]
            same = log[name] == want if isinstance(want, bool) else near(log[name], want, 1e-9)
            assert same, (name, at, log[name], want)
