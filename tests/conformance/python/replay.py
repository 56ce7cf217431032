"""Replays fixtures on the component through the package `interlock`: the same results and digests as `interlock replay`.

    python replay.py COMPONENTS FIXTURE…

COMPONENTS is the folder of the components. Prints {"suites": {suite: {"digest", "cases", "holds"}}, "failures": […]}.
"""

import hashlib
import importlib
import json
import pathlib
import sys

from interlock import Interlock

FORMAT = "interlock-fixture/1"
ADVANCED = {"geometry", "observers", "physics"}


def canonical(value):
    """JSON with sorted keys and no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def main(folder, files):
    components = {
        advanced: Interlock(
            pathlib.Path(folder, "interlock-advanced.component.wasm" if advanced else "interlock.component.wasm")
        )
        for advanced in (False, True)
    }
    suites, failures = {}, []
    for file in files:
        fixture = json.loads(pathlib.Path(file).read_text())
        assert fixture["format"] == FORMAT, f"{file}: the format is not known"
        name = fixture["suite"]
        runner = importlib.import_module(name)
        kernel = components[name in ADVANCED].instantiate()
        suite = suites.setdefault(name, {"hash": hashlib.sha256(), "cases": 0, "holds": 0})
        for case in fixture["cases"]:
            got, expected = canonical(runner.run(kernel, case["input"])), canonical(case["expect"])
            suite["hash"].update(f"{case['name']}\t{got}\n".encode())
            suite["cases"] += 1
            if got == expected:
                suite["holds"] += 1
            else:
                failures.append({"file": file, "case": case["name"], "expected": expected, "got": got})
    for suite in suites.values():
        suite["digest"] = suite.pop("hash").hexdigest()
    print(json.dumps({"suites": suites, "failures": failures[:20]}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
