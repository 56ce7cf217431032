"""Random calls of every class on two wheels, compared.

    python run.py PUBLISHED OURS FOLDER [CALLS]

PUBLISHED and OURS are interpreters, FOLDER is where the calls are written down. Fails where a call differs that no listed
difference explains, or where a listed difference shows nowhere.
"""

import json
import os
import pathlib
import pickle
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from compare import RARE, RULES, TOLERANCE, compare
from functions import GROUPS

# A step of the engine costs as much as a thousand of the others.
FEWER = {"RustSSGFEngine": 100}
# Functions keep nothing from call to call.
FEWER |= dict.fromkeys(GROUPS, 10)
# Another one with every change of the calls.
SEED = os.environ.get("INTERLOCK_SEED", "1")


def make(python, name, count, file):
    program = pathlib.Path(__file__).with_name("calls.py")
    subprocess.run([python, program, name, str(count), SEED, file], check=True)
    with open(file, "rb") as log:
        found = pickle.load(log)
    os.remove(file)
    return found


# What a module offers: names of its own, and the methods and properties of its classes.
OFFERS = """
import json, backfire_kernel as module
names = [name for name in vars(module) if not name.startswith("_") and name not in ("backfire_kernel", "load_error")]
values = {name: getattr(module, name) for name in names}
print(json.dumps({name: dir(value) if isinstance(value, type) else [] for name, value in values.items()}))
"""
DOCUMENT = pathlib.Path(__file__).parents[2] / "docs" / "python.md"


def compare_names(published, ours):
    """What the published module offers and ours does not, against the table of the document."""
    theirs, own = (json.loads(subprocess.check_output([python, "-c", OFFERS])) for python in (published, ours))
    table = DOCUMENT.read_text().split("### Names")[1].split("\n### ")[0]
    rows = [row.split(" | ")[0] for row in table.splitlines() if row.startswith("| `")]
    listed = {word for row in rows for word in re.findall(r"`(\w+)`", re.sub(r"\(as `\w+`\)", "", row))}
    lacks = {name.removeprefix("rust_") for name in theirs.keys() - own.keys()}
    problems = [f"{name} is not here and not listed" for name in sorted(lacks - listed)]
    problems += [f"{name} is listed and not missing" for name in sorted(listed - lacks)]
    for name in theirs.keys() & own.keys():
        missing = [each for each in theirs[name] if not each.startswith("_") and each not in own[name]]
        problems += [f"{name}.{each} is not here" for each in missing]
    print(f"names: {len(theirs)} published, {len(lacks)} of them not here, all of those listed")
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return len(problems)


def main(published, ours, folder, calls="100000"):
    total, problems, shown = 0, compare_names(published, ours), {}
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
