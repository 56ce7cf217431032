"""The fallback contract with ``director-ai``: absent, detected, too old, broken.

    python run.py PLAIN WHEEL

PLAIN and WHEEL are interpreters of two virtual environments with ``director-ai``, the second one with our wheel, too.
Prints a line for each state and fails when one is not as the contract says.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

PROBE = """
import importlib.util, sys
from director_ai.core import CoherenceScorer
from director_ai.core.scoring import backends
scorer = CoherenceScorer(use_nli=False, scorer_backend="rust")
approved, score = scorer.review("What colour is the sky?", "The sky is blue")
assert 0 <= score.score <= 1
print("rust" if scorer._rust_scorer is not None else "python")
"""
NOT_IMPORTED = """
import sys, importlib.metadata
import director_ai
from director_ai.core import CoherenceScorer
assert "backfire_kernel" not in sys.modules, "director-ai imported the wheel"
assert not any(d.metadata["Name"] == "backfire-kernel" for d in importlib.metadata.distributions())
print("python")
"""


def state(name, python, code, wanted, path=""):
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run([python, "-c", code], env=environment, capture_output=True, text=True)
    got = (done.stdout.strip().splitlines() or ["nothing"])[-1]
    print(f"{name}: {got}")
    if done.returncode != 0 or got != wanted:
        print(done.stderr, file=sys.stderr)
        sys.exit(f"{name}: wanted {wanted!r}, got {got!r}")


def main(plain, wheel):
    installed = subprocess.run(
        [wheel, "-c", "import backfire_kernel; print(backfire_kernel.__path__[0])"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    state("without extras it is neither installed nor imported", plain, NOT_IMPORTED, "python")
    state("absent", plain, PROBE, "python")
    state("installed", wheel, PROBE, "rust")
    with tempfile.TemporaryDirectory() as folder:
        for name, files, wanted in (
            # Before and after what this version speaks of: modules that have none of its names.
            ("too old", {"__init__.py": "__version__ = '0.0.1'\n"}, "python"),
            ("too new", {"__init__.py": "__version__ = '9.0.0'\nRustCoherenceScorer2 = object\n"}, "python"),
            (
                "broken",
                {
                    "__init__.py": pathlib.Path(installed, "__init__.py").read_text(),
                    "backfire_kernel.abi3.so": "no library\n" * 100,
                    "backfire_kernel.pyd": "no library\n" * 100,
                },
                "python",
            ),
        ):
            path = pathlib.Path(folder, name)
            package = path / "backfire_kernel"
            package.mkdir(parents=True)
            for file, text in files.items():
                (package / file).write_text(text)
            state(name, plain, PROBE, wanted, str(path))


if __name__ == "__main__":
    main(*sys.argv[1:])
