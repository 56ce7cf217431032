"""Whether what workflow files name is there: `workflows.py KNOWN FILE...`, with KNOWN as JSON of names and the root.

- Jobs that a job needs, and files, npm scripts and test steps that commands name.
- Actions by the hash of a commit, with the version in a comment: a tag can be moved.
- Whatever may write to the outside waits, by way of what it needs, for every job that only checks and builds.
"""

import json
import pathlib
import re
import sys

from ruamel.yaml import YAML


def needs(job):
    value = job.get("needs", [])
    return [value] if isinstance(value, str) else list(value)


def all_needs(jobs, name, seen=()):
    """What a job waits for, through others too."""
    found = set()
    for other in needs(jobs[name]):
        if other in seen:
            raise SystemExit(f"{name} waits for itself")
        if other in jobs:
            found |= {other} | all_needs(jobs, other, (*seen, name))
    return found


def publishes(job):
    """Whether it may write anything, or be someone."""
    permissions = job.get("permissions") or {}
    return permissions == "write-all" or (
        isinstance(permissions, dict) and "write" in permissions.values()
    )


def command_problems(text, known):
    root = pathlib.Path(known["root"])
    for path in re.findall(r"(?:node|python) ((?:[\w.-]+/)+[\w.-]+\.(?:mjs|py))", text):
        if not (root / path).exists():
            yield f"{path} is not there"
    for name in re.findall(r"npm run ([\w:-]+)", text):
        if name not in known["scripts"]:
            yield f"there is no npm script {name}"
    for names in re.findall(r"npm test -- ([\w -]+)", text):
        for name in names.split():
            if name not in known["steps"]:
                yield f"there is no step {name}"
    for path in re.findall(r"(?:-r|-m|--manifest-path) ([\w./-]+\.(?:txt|toml))", text):
        if not (root / path).exists():
            yield f"{path} is not there"


def problems(path, known):
    text = path.read_text()
    jobs = YAML(typ="safe").load(text)["jobs"]
    for name, job in jobs.items():
        for other in needs(job):
            if other not in jobs:
                yield f"{name} needs {other}, which is no job"
        for step in job.get("steps", []):
            for problem in command_problems(step.get("run", ""), known):
                yield f"{name}: {problem}"
    for use in re.findall(r"^.*\buses: *(.*)$", text, re.MULTILINE):
        if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", use):
            yield f"`{use}` is not a commit's hash with its version in a comment"
    checks = {name for name, job in jobs.items() if not publishes(job)}
    for name in jobs.keys() - checks:
        missing = checks - all_needs(jobs, name)
        if missing:
            yield f"{name} may write and does not wait for {', '.join(sorted(missing))}"


def main(known, paths):
    found = [f"{path}: {line}" for path in paths for line in problems(pathlib.Path(path), known)]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1]), sys.argv[2:]))
