"""``director-ai``'s own tests of the kernel: what passes with the published wheel must pass with ours.

    python director_tests.py TESTS PUBLISHED OURS

TESTS is the folder of tests of its source distribution, the others are interpreters of two virtual environments.
Tests of module functions (``rust_...``), which our wheel does not have, are counted apart: programs fall back on their
own there.
"""

import os
import pathlib
import re
import subprocess
import sys

# Those that touch the classes of the kernel.
FILES = (
    "test_ffi_bindings.py test_scorer_backend.py test_backends.py test_rust_pipeline_integration.py "
    "test_rust_fallback_floor.py test_rust_fallback_paths.py test_hardened_auto.py test_mandatory_runtime_policy.py"
).split()


def run(python, tests):
    files = [str(pathlib.Path("tests", file)) for file in FILES]
    command = [python, "-m", "pytest", "-q", "-rA", "--tb=no", "-p", "no:cacheprovider", *files]
    wide = os.environ | {"COLUMNS": "1000"}
    done = subprocess.run(command, cwd=tests.parent, capture_output=True, text=True, env=wide)
    lines = re.findall(r"^(PASSED|FAILED|ERROR) (\S+)(.*)$", done.stdout, re.M)
    return {test: (result, why) for result, test, why in lines}


def main(tests, published, ours):
    before, after = (run(python, pathlib.Path(tests)) for python in (published, ours))
    passed = [test for test, (result, _) in before.items() if result == "PASSED"]
    assert len(passed) > 100, "the published wheel passes hardly any of the tests"
    lost = [test for test in passed if test in after and after[test][0] != "PASSED"]
    skipped = [test for test in passed if test not in after]

    def functions(test):
        return re.search(r"has no attribute 'rust_|cannot import name 'rust_|backfire_kernel rust_\w+ is unavailable", after[test][1])

    apart = [test for test in lost if functions(test)]
    broken = [test for test in lost if not functions(test)]
    print(
        f"{len(passed)} tests pass with the published wheel; with ours {len(passed) - len(lost) - len(skipped)}, "
        f"{len(apart)} fail for want of module functions, {len(skipped)} are skipped"
    )
    for test in broken:
        print(f"error: {test} passes with the published wheel alone{after[test][1]}", file=sys.stderr)
    sys.exit(bool(broken))


if __name__ == "__main__":
    main(*sys.argv[1:])
