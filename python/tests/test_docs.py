"""Every Python example of the documents runs."""

import pathlib
import re
import types

import pytest

ROOT = pathlib.Path(__file__).parents[2]


def examples():
    for name in ("docs/python.md", "python/README.md", "python/interlock/README.md"):
        text = (ROOT / name).read_text()
        for number, code in enumerate(re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)):
            yield pytest.param(code, id=f"{name}#{number}")


@pytest.mark.parametrize("code", list(examples()))
def test_example(code):
    if "interlock" in code:
        pytest.importorskip("interlock")

    async def app(scope, receive, send):
        return None

    exec(compile(code, "example", "exec"), {"app": app, "score": lambda segment: 0.9, "types": types})
