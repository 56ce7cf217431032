"""Random calls of every class on two wheels, compared.

    python run.py PUBLISHED OURS FOLDER [CALLS]

PUBLISHED and OURS are interpreters, FOLDER is where the calls are written down. Fails where a call differs that no listed
difference explains, or where a listed difference shows nowhere.
"""

import os
import pathlib
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from compare import RARE, RULES, TOLERANCE, compare

# A step of the engine costs as much as a thousand of the others.
FEWER = {"RustSSGFEngine": 100}
# Another one with every change of the calls.
SEED = os.environ.get("INTERLOCK_SEED", "1")


def make(python, name, count, file):
    program = pathlib.Path(__file__).with_name("calls.py")
    subprocess.run([python, program, name, str(count), SEED, file], check=True)
    with open(file, "rb") as log:
        found = pickle.load(log)
    os.remove(file)
    return found


def main(published, ours, folder, calls="100000"):
    total, problems, shown = 0, 0, {}
    for name in TOLERANCE:
        count = max(int(calls) // FEWER.get(name, 1), 100)
        files = [os.path.join(folder, f"{name}.{which}") for which in ("published", "ours")]
        with ThreadPoolExecutor(2) as pool:
            logs = list(pool.map(lambda pair: make(pair[0], name, count, pair[1]), zip((published, ours), files)))
        assert logs[0]["version"] == "0.1.3" and logs[1]["version"] != "0.1.3", "not the two wheels"
        made, same, explained, unexplained = compare(name, *(log["objects"] for log in logs))
        total += made
        print(f"{name}: {made} calls, {same} equal, {sum(explained.values())} listed, {len(unexplained)} unexplained")
        for rule, times in explained.items():
            shown[rule] = shown.get(rule, 0) + times
        for entry in unexplained[:3]:
            problems += 1
            print("error:", *entry, sep="\n    ", file=sys.stderr)
    for rule in RULES:
        print(f"  {shown.get(rule, 0):6} times: {rule}")
        if rule not in shown and rule not in RARE:
            problems += 1
            print(f"error: a listed difference shows nowhere: {rule}", file=sys.stderr)
    print(f"{total} calls compared")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main(*sys.argv[1:])
