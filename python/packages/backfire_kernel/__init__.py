"""Halting kernels, coherence scorer and advanced runtime of the Interlock core.

The interface is that of the published ``backfire_kernel`` 0.1.3. Every class takes ``fidelity="corrected"``,
which switches the published quirks off; ``docs/python.md`` lists them.
"""

from . import backfire_kernel as _native
from .backfire_kernel import *  # noqa: F403

__all__ = _native.__all__
__version__ = _native.__version__
