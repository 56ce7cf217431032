"""The categorical kernel: trace nodes and their ledger, covenants and budgets, operads and their laws."""

from backfire_kernel.backfire_kernel import (
    AppendError,
    Budget,
    Covenant,
    CovenantGate,
    CovenantRegistry,
    Decision,
    Operad,
    OperadLawError,
    TraceLedger,
    TraceNode,
    verify_operad_laws,
)

__all__ = [
    "AppendError",
    "Budget",
    "Covenant",
    "CovenantGate",
    "CovenantRegistry",
    "Decision",
    "Operad",
    "OperadLawError",
    "TraceLedger",
    "TraceNode",
    "verify_operad_laws",
]
