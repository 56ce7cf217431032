"""Checks what is in a source distribution: `source.py FILE`.

All that the build takes from the repository, and nothing that only this project's own work uses.
"""

import re
import sys
import tarfile

NEEDED = {
    "Cargo.toml",
    "LICENSE",
    "PKG-INFO",
    "core/Cargo.toml",
    "core/src/lib.rs",
    "python/Cargo.lock",
    "python/Cargo.toml",
    "python/README.md",
    "pyproject.toml",
    "python/src/lib.rs",
    "vector/Cargo.toml",
    "vector/src/lib.rs",
}
EXPECTED = re.compile(
    r"(PKG-INFO|pyproject\.toml|Cargo\.(toml|lock)|LICENSE|README\.md"
    r"|(core|vector|python)/(Cargo\.(toml|lock)|README\.md|LICENSE|pyproject\.toml)"
    r"|(core|vector|python)/src/[\w/.-]+\.(rs|txt|json|bin)"
    r"|packages/[\w/]+(\.py|\.pyi|py\.typed))"
)


def main(path):
    with tarfile.open(path) as archive:
        members = archive.getmembers()
    links = [each.name for each in members if not each.isfile() and not each.isdir()]
    if links:
        raise SystemExit(f"{path}: {links} are no files")
    names = {each.name.split("/", 1)[1] for each in members if each.isfile()}
    if NEEDED - names:
        raise SystemExit(f"{path}: without {sorted(NEEDED - names)}")
    strays = sorted(name for name in names if not EXPECTED.fullmatch(name))
    if strays:
        raise SystemExit(f"{path}: holds {strays}")
    print(f"sdist: {len(names)} files")


if __name__ == "__main__":
    main(sys.argv[1])
