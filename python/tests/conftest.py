"""Nothing here may hang: what deadlocks ends the run with every thread's stack."""

import faulthandler

import pytest


@pytest.fixture(autouse=True)
def limit():
    faulthandler.dump_traceback_later(60, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()
