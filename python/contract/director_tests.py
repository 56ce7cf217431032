"""``director-ai``'s own tests of the kernel: what passes with the published wheel must pass with ours.

    python director_tests.py TESTS PUBLISHED OURS

TESTS is the folder of tests of its source distribution, the others are interpreters of two virtual environments.
"""

import os
import pathlib
import re
import subprocess
import sys

# Those that touch the classes and the functions of the kernel.
FILES = (
    "test_ffi_bindings.py test_scorer_backend.py test_backends.py test_rust_pipeline_integration.py "
    "test_rust_fallback_floor.py test_rust_fallback_paths.py test_hardened_auto.py test_mandatory_runtime_policy.py "
    "test_rust_signals.py test_chunked_nli.py test_nli_accel.py test_lexical_signals_parity.py test_rules_scorer.py "
    "test_lite_scorer.py test_divergence_mixin.py test_text_overlap.py test_nli_scorer.py test_task_accel.py "
    "test_injection_detector.py test_injection_phase4.py test_cost_and_attribution.py"
).split()


def run(python, tests):
    files = [str(pathlib.Path("tests", file)) for file in FILES]
    command = [python, "-m", "pytest", "-q", "-rA", "--tb=no", "-p", "no:cacheprovider", *files]
    wide = os.environ | {"COLUMNS": "1000"}
    done = subprocess.run(command, cwd=tests.parent, capture_output=True, text=True, env=wide)
    # A test's parameters may have spaces in them.
    lines = re.findall(r"^(PASSED|FAILED|ERROR) (.+?)(?: - (.*))?$", done.stdout, re.M)
    return {test: (result, why) for result, test, why in lines}


def main(tests, published, ours):
    before, after = (run(python, pathlib.Path(tests)) for python in (published, ours))
    passed = [test for test, (result, _) in before.items() if result == "PASSED"]
    assert len(passed) > 100, "the published wheel passes hardly any of the tests"
    lost = [test for test in passed if test in after and after[test][0] != "PASSED"]
    skipped = [test for test in passed if test not in after]
    print(
        f"{len(passed)} tests pass with the published wheel; with ours {len(passed) - len(lost) - len(skipped)}, "
        f"{len(skipped)} are skipped"
    )
    for test in lost + skipped:
        why = after[test][1] if test in after else "skipped"
        print(f"error: {test} passes with the published wheel alone: {why}", file=sys.stderr)
    sys.exit(bool(lost or skipped))


if __name__ == "__main__":
    main(*sys.argv[1:])
