"""Checks wheels of all platforms beyond what auditwheel and abi3audit check: `check.py WHEEL...`.

- All hold the same files, but for the native module's suffix and what names the platform.
- The native module loads nothing but what every system of its platform has.
- On Windows it exports its initialiser and nothing else.
"""

import io
import struct
import sys
import zipfile

import pefile
from elftools.elf.elffile import ELFFile

# What Windows brings, and the interpreter's stable ABI.
WINDOWS = {
    "advapi32.dll",
    "bcrypt.dll",
    "bcryptprimitives.dll",
    "kernel32.dll",
    "msvcrt.dll",
    "ntdll.dll",
    "python3.dll",
    "userenv.dll",
    "ws2_32.dll",
}
MACOS = {"/usr/lib/libSystem.B.dylib", "/usr/lib/libcharset.1.dylib", "/usr/lib/libiconv.2.dylib"}
MODULE = "backfire_kernel/backfire_kernel"
LC_LOAD_DYLIB = {0xC, 0x80000018, 0x8000001F}


def windows_libraries(data):
    image = pefile.PE(data=data)
    names = [entry.dll.decode().lower() for entry in image.DIRECTORY_ENTRY_IMPORT]
    exports = {symbol.name.decode() for symbol in image.DIRECTORY_ENTRY_EXPORT.symbols}
    if exports != {"PyInit_backfire_kernel"}:
        raise SystemExit(f"exports {sorted(exports)}")
    return [
        name
        for name in names
        if name not in WINDOWS and not name.startswith(("api-ms-win-core-", "api-ms-win-crt-"))
    ]


def macos_libraries(data):
    """The libraries of a Mach-O file's load commands."""
    magic, _, _, _, count = struct.unpack_from("<5I", data)
    if magic != 0xFEEDFACF:
        raise SystemExit(f"no 64-bit Mach-O file: {magic:#x}")
    at, names = 32, []
    for _ in range(count):
        command, size, name = struct.unpack_from("<3I", data, at)
        if command in LC_LOAD_DYLIB:
            names.append(data[at + name : at + size].split(b"\0")[0].decode())
        at += size
    return [name for name in names if name not in MACOS]


def linux_libraries(data):
    """None: auditwheel looks at those. But the unwinder must be the system's, see `unwinder` in cross-wheels.mjs."""
    dynamic = ELFFile(io.BytesIO(data)).get_section_by_name(".dynamic")
    needed = {tag.needed for tag in dynamic.iter_tags() if tag.entry.d_tag == "DT_NEEDED"}
    if "libgcc_s.so.1" not in needed:
        raise SystemExit(f"brings an unwinder of its own: only needs {sorted(needed)}")
    return []


def check(path):
    """The wheel's files, with the native module under one name."""
    with zipfile.ZipFile(path) as wheel:
        bad = wheel.testzip()
        if bad is not None:
            raise SystemExit(f"{path}: {bad} is damaged")
        names = wheel.namelist()
        native = [name for name in names if name.startswith(MODULE) and name.endswith((".so", ".pyd"))]
        if len(native) != 1:
            raise SystemExit(f"{path}: native modules {native}")
        data = wheel.read(native[0])
    foreign = []
    if "-win" in path:
        foreign = windows_libraries(data)
    elif "-macosx" in path:
        foreign = macos_libraries(data)
    elif "linux" in path:
        foreign = linux_libraries(data)
    if foreign:
        raise SystemExit(f"{path}: wants {', '.join(foreign)}")
    return {MODULE if name == native[0] else name for name in names}


def main(paths):
    of_all = {path: check(path) for path in paths}
    first = next(iter(of_all.values()))
    for path, names in of_all.items():
        if names != first:
            raise SystemExit(f"{path}: differs from {paths[0]} in {sorted(names ^ first)}")
    print(f"{len(paths)} wheels of the same {len(first)} files, with no library that a system lacks")


if __name__ == "__main__":
    main(sys.argv[1:])
