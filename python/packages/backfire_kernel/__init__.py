"""Halting kernels, coherence scorer and advanced runtime of the Interlock core.

The interface is that of the published ``backfire_kernel`` 0.1.3. Every class takes ``fidelity="corrected"``,
which switches the published quirks off; ``docs/python.md`` lists them.

Where the native part cannot be loaded (another platform, a damaged file) the module is there and empty, so that
``from backfire_kernel import ...`` raises ImportError and a probe for an attribute AttributeError: whichever of the two
a program falls back on. ``load_error`` says why; otherwise it is None.
"""

load_error = None
try:
    from . import backfire_kernel as _native
except ImportError as error:
    load_error = error
    __all__ = []

    def __getattr__(name):
        raise AttributeError(f"backfire_kernel could not be loaded, so it has no {name}: {load_error}")

else:
    from .backfire_kernel import *  # noqa: F403

    __all__ = _native.__all__
    __version__ = _native.__version__
