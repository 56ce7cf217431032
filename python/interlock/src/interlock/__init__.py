"""The Interlock component in pure Python.

    import interlock

    kernel = interlock.load()
    monitor = kernel.halt.StreamMonitor(kernel.halt.default_config())
    verdict = monitor.push_many([0.9, 0.8, 0.2])
    verdict.halt.reason                             # "hard-limit"

The same bits as on every other host. A call crosses into WebAssembly and costs tens of microseconds, so take the calls
that do many things at once: ``push_many``, ``insert_many``, ``answer_many``, ``drain``.
"""

from .errors import InterlockError, TrapError
from .pinned_session import PinnedSession
from .runtime import Instance, Interlock
from .values import Case, Record

__all__ = ["Case", "Instance", "Interlock", "InterlockError", "PinnedSession", "Record", "TrapError", "load"]
__version__ = "0.1.0"

_compiled = {}


def load(*, advanced=False):
    """A new instance of the component that comes with the package, which is compiled once a process."""
    if advanced not in _compiled:
        _compiled[advanced] = Interlock(advanced=advanced)
    return _compiled[advanced].instantiate()
