"""What the suites `physics`, `observers` and `geometry` share: values in their inputs and results."""

import struct

from interlock import InterlockError, Record
from text import bits, bits_list, real, reals, step


def numbers(value):
    """The numbers of a list: one after the other, or some again and again."""
    if isinstance(value, str):
        return reals(value)
    cycle = reals(value["cycle"])
    return [cycle[at % len(cycle)] for at in range(value["count"])]


def word_of(text):
    return int(text, 16)


def word(value):
    return f"{value:016x}"


NAMES = {"estimator", "decoder", "gradient"}


def config(default, changes):
    """A configuration with some fields changed."""

    def of(name, value):
        if name == "seed":
            return word_of(value)
        if isinstance(value, dict):
            return config(getattr(default, name), value)
        return real(value) if isinstance(value, str) and name not in NAMES else value

    return Record(**(vars(default) | {name: of(name, value) for name, value in changes.items()}))


def checksum_list(values):
    """A list, in full or as its checksum: FNV-1a over the words of its numbers."""
    if len(values) <= 128:
        return bits_list(values)
    found = 0xCBF29CE484222325
    for value in values:
        number = 0x7FF8000000000000 if value != value else struct.unpack(">Q", struct.pack(">d", value))[0]
        found = ((found ^ number) * 0x100000001B3) % 2**64
    return f"#{len(values)} {word(found)}"


def fields(values, truths=()):
    """Numbers and truths of a record."""
    return " ".join([*map(bits, values), *("true" if truth else "false" for truth in truths)])


def refused(error):
    """Which number was refused."""
    payload = error.payload
    index = "" if payload.index is None else f"[{payload.index}]"
    return {"refused": f"input {payload.what}{index} {bits(payload.value)}"}


def valued(work):
    try:
        return work()
    except InterlockError as error:
        return refused(error)


def steps_of(steps, does):
    """Does steps, each by the function of its name."""
    done = []
    for item in steps:
        name, what = step(item)
        done.append(valued(lambda: does[name]() if what is None and name in does[...] else does[name](what)))
    return done
