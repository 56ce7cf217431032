from array import array
from collections.abc import Callable, Sequence
from typing import Any, Literal, SupportsFloat, SupportsIndex, TypedDict, final

__version__: str
__all__ = [
    "__version__",
    "BackfireConfig",
    "CoherenceScore",
    "StreamSession",
    "RustSafetyKernel",
    "RustStreamingKernel",
    "RustCoherenceScorer",
    "RustBM25",
    "RustUPDEStepper",
    "RustSECFunctional",
    "RustL16Controller",
    "RustTCBOObserver",
    "RustTCBOController",
    "RustPGBOEngine",
    "RustSSGFEngine",
    "UPDEStepper",
    "SECFunctional",
    "L16Controller",
    "SSGFEngine",
    "TCBOObserver",
    "TCBOController",
    "PGBOEngine",
    "rust_aggregate_chunk_scores",
    "rust_aggregate_chunk_scores_confidence_weighted",
    "rust_bidirectional_divergence",
    "rust_build_chunks",
    "rust_coverage_from_divergences",
    "rust_entity_overlap",
    "rust_has_suspicious_unicode",
    "rust_heuristic_factual_divergence",
    "rust_heuristic_logical_divergence",
    "rust_injection_verdict",
    "rust_lite_score",
    "rust_lite_score_batch",
    "rust_mean",
    "rust_negation_flip",
    "rust_numerical_consistency",
    "rust_probs_to_confidence",
    "rust_probs_to_divergence",
    "rust_reduce_claim_attribution",
    "rust_softmax",
    "rust_split_sentences",
    "rust_sum_f64",
    "rust_sum_i64",
    "rust_traceability",
    "rust_trend_drop",
    "rust_word_overlap",
]
load_error: ImportError | None

_Fidelity = Literal["published", "corrected"]
# A list, a tuple, or a buffer of doubles such as array.array("d") and a numpy array.
_Reals = Sequence[SupportsFloat] | array[float] | Any

@final
class BackfireConfig:
    def __new__(
        cls,
        coherence_threshold: float = 0.6,
        hard_limit: float = 0.5,
        soft_limit: float = 0.7,
        w_logic: float = 0.6,
        w_fact: float = 0.4,
        window_size: int = 10,
        window_threshold: float = 0.55,
        trend_window: int = 5,
        trend_threshold: float = 0.15,
        history_window: int = 5,
        deadline_ms: int = 50,
        logit_entropy_limit: float = 1.2,
        *,
        fidelity: _Fidelity | None = None,
    ) -> BackfireConfig: ...
    @staticmethod
    def from_json(json_str: str, *, fidelity: _Fidelity | None = None) -> BackfireConfig: ...
    @property
    def coherence_threshold(self) -> float: ...
    @property
    def hard_limit(self) -> float: ...
    @property
    def soft_limit(self) -> float: ...
    @property
    def w_logic(self) -> float: ...
    @property
    def w_fact(self) -> float: ...
    @property
    def window_size(self) -> int: ...
    @property
    def window_threshold(self) -> float: ...
    @property
    def trend_window(self) -> int: ...
    @property
    def trend_threshold(self) -> float: ...
    @property
    def history_window(self) -> int: ...
    @property
    def deadline_ms(self) -> int: ...
    @property
    def logit_entropy_limit(self) -> float: ...
    @property
    def fidelity(self) -> _Fidelity: ...
    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]: ...

@final
class CoherenceScore:
    @property
    def score(self) -> float: ...
    @property
    def approved(self) -> bool: ...
    @property
    def h_logical(self) -> float: ...
    @property
    def h_factual(self) -> float: ...
    @property
    def warning(self) -> bool: ...
    @property
    def evidence(self) -> None: ...
    @property
    def error(self) -> BaseException | None: ...
    def to_dict(self) -> dict[str, float | bool]: ...

@final
class StreamSession:
    @property
    def halted(self) -> bool: ...
    @property
    def halt_index(self) -> int | None: ...
    @property
    def halt_reason(self) -> str: ...
    @property
    def tokens(self) -> list[str]: ...
    @property
    def coherence_history(self) -> list[float]: ...
    @property
    def error(self) -> BaseException | None: ...
    def output(self) -> str: ...
    def token_count(self) -> int: ...
    def avg_coherence(self) -> float: ...
    def min_coherence(self) -> float: ...
    def duration_ms(self) -> float: ...

@final
class RustSafetyKernel:
    def __new__(cls, hard_limit: float = 0.5, *, fidelity: _Fidelity | None = None) -> RustSafetyKernel: ...
    def stream_output(self, tokens: Sequence[str], coherence_callback: Callable[[str], SupportsFloat]) -> str: ...
    def stream_scores(self, tokens: Sequence[str], scores: _Reals) -> str: ...
    @property
    def is_active(self) -> bool: ...
    @property
    def last_error(self) -> BaseException | None: ...
    @property
    def fidelity(self) -> _Fidelity: ...
    def emergency_stop(self) -> None: ...
    def reactivate(self) -> None: ...

@final
class RustStreamingKernel:
    def __new__(
        cls,
        config: BackfireConfig | None = None,
        *,
        hard_limit: float | None = None,
        window_size: int | None = None,
        window_threshold: float | None = None,
        trend_window: int | None = None,
        trend_threshold: float | None = None,
        fidelity: _Fidelity | None = None,
    ) -> RustStreamingKernel: ...
    def stream_tokens(
        self, tokens: Sequence[str], coherence_callback: Callable[[str], SupportsFloat]
    ) -> StreamSession: ...
    def stream_scores(self, tokens: Sequence[str], scores: _Reals) -> StreamSession: ...
    def stream_output(self, tokens: Sequence[str], coherence_callback: Callable[[str], SupportsFloat]) -> str: ...
    @property
    def is_active(self) -> bool: ...
    @property
    def fidelity(self) -> _Fidelity: ...
    def emergency_stop(self) -> None: ...
    def reactivate(self) -> None: ...

@final
class RustCoherenceScorer:
    threshold: float
    soft_limit: float
    def __new__(
        cls,
        config: BackfireConfig | None = None,
        nli_callback: Callable[[str, str], SupportsFloat] | None = None,
        knowledge_callback: Callable[[str], str | None] | None = None,
        *,
        fidelity: _Fidelity | None = None,
    ) -> RustCoherenceScorer: ...
    def review(self, prompt: str, action: str) -> tuple[bool, CoherenceScore]: ...
    def compute_divergence(self, prompt: str, action: str) -> float: ...
    def calculate_logical_divergence(self, prompt: str, text_output: str) -> float: ...
    def calculate_factual_divergence(self, prompt: str, text_output: str) -> float: ...
    @property
    def history_len(self) -> int: ...
    @property
    def use_nli(self) -> bool: ...
    @property
    def fidelity(self) -> _Fidelity: ...

@final
class RustBM25:
    def __new__(cls, k1: float = 1.2, b: float = 0.75) -> RustBM25: ...
    def add_document(self, doc_id: str, text: str) -> None: ...
    def add_documents(self, documents: Sequence[tuple[str, str]]) -> None: ...
    def remove_document(self, doc_id: str) -> bool: ...
    def query(self, query_text: str, n_results: SupportsIndex) -> list[tuple[str, float]]: ...
    def count(self) -> int: ...
    def clear(self) -> None: ...

class _UPDEState(TypedDict):
    theta: list[float]
    dtheta_dt: list[float]
    t: float
    r_global: float
    step_count: int

@final
class RustUPDEStepper:
    def __new__(
        cls,
        dt: float = 0.01,
        field_pressure: float = 0.1,
        noise_amplitude: float = 0.05,
        *,
        seed: int | None = None,
        fidelity: _Fidelity | None = None,
    ) -> RustUPDEStepper: ...
    def run(self, theta: _Reals, n_steps: int) -> _UPDEState: ...
    @staticmethod
    def create_state(theta: _Reals) -> _UPDEState: ...
    @staticmethod
    def random_state() -> _UPDEState: ...

class _SECResult(TypedDict):
    v: float
    v_normalised: float
    r_global: float
    dv_dt: float
    coherence_score: float
    v_coupling: float
    v_frequency: float
    v_entropy: float

@final
class RustSECFunctional:
    def __new__(
        cls, lambda_omega: float = 0.1, lambda_entropy: float = 0.01, *, fidelity: _Fidelity | None = None
    ) -> RustSECFunctional: ...
    def evaluate(self, theta: _Reals, theta_prev: _Reals | None = None, dt: float = 0.01) -> _SECResult: ...
    def critical_coupling(self) -> float: ...
    def update_coupling(self, knm_flat: _Reals) -> None: ...

class _L16Output(TypedDict):
    lambda7: float
    lambda8: float
    lambda10: float
    nu_star: float
    gate_open: bool
    refusal: bool
    h_rec: float
    dh_rec_dt: float
    lyapunov_stable: bool
    avg_plv: float
    lr_z_scale: float
    d_theta_scale: float
    tau_d_scale: float

@final
class RustL16Controller:
    def __new__(
        cls,
        n: int = 16,
        plv_threshold: float = 0.6,
        plv_window: int = 10,
        h_rec_window: int = 5,
        refusal_lr_factor: float = 0.5,
        refusal_d_factor: float = 0.5,
        refusal_tau_factor: float = 1.5,
        *,
        fidelity: _Fidelity | None = None,
    ) -> RustL16Controller: ...
    def step(
        self,
        theta: _Reals,
        r_global: float,
        plv: float,
        c7: float,
        c8: float,
        c10: float,
        p_h1: float,
        h_frob: float,
        dt: float,
    ) -> _L16Output: ...
    def plv_gate_open(self) -> bool: ...

@final
class RustTCBOObserver:
    def __new__(
        cls,
        n: int = 16,
        tau_h1: float = 0.72,
        beta: float = 8.0,
        window_size: int = 50,
        *,
        fidelity: _Fidelity | None = None,
    ) -> RustTCBOObserver: ...
    def push(self, theta: _Reals) -> None: ...
    def compute(self) -> float: ...
    def push_and_compute(self, theta: _Reals, force: bool) -> float: ...
    @property
    def p_h1(self) -> float: ...
    @property
    def is_conscious(self) -> bool: ...
    def reset(self) -> None: ...

@final
class RustTCBOController:
    def __new__(
        cls,
        tau_h1: float = 0.72,
        kp: float = 0.8,
        ki: float = 0.2,
        kappa_max: float = 5.0,
        *,
        fidelity: _Fidelity | None = None,
    ) -> RustTCBOController: ...
    def step(self, p_h1: float, current_kappa: float, dt: float) -> float: ...
    def is_gate_open(self, p_h1: float | None = None) -> bool: ...
    def reset(self) -> None: ...

class _PGBOReading(TypedDict):
    u_mu: list[float]
    h_munu: list[float]
    u_norm: float
    h_trace: float
    h_frob: float

@final
class RustPGBOEngine:
    def __new__(
        cls,
        n: int = 16,
        alpha: float = 0.5,
        kappa: float = 0.3,
        u_cap: float = 10.0,
        traceless: bool = False,
        *,
        fidelity: _Fidelity | None = None,
    ) -> RustPGBOEngine: ...
    def compute(self, theta: _Reals, dt: float) -> _PGBOReading: ...
    def set_boundary_potential(self, a_mu: _Reals) -> None: ...
    @property
    def u_norm(self) -> float: ...
    @property
    def h_frob(self) -> float: ...
    def reset(self) -> None: ...

@final
class RustSSGFEngine:
    def __new__(
        cls,
        omega: _Reals | None = None,
        k: _Reals | None = None,
        n: int = 16,
        lr_z: float = 0.01,
        n_micro: int = 10,
        noise_amp: float = 0.02,
        pgbo_enabled: bool = True,
        seed: int = 42,
        *,
        fidelity: _Fidelity | None = None,
    ) -> RustSSGFEngine: ...
    def outer_step(self) -> dict[str, Any]: ...
    def run(self, n_outer: int) -> list[dict[str, Any]]: ...
    def set_tcbo_p_h1(self, p_h1: float) -> None: ...
    def r_global(self) -> float: ...
    def step_count(self) -> int: ...
    def audio_mapping(self) -> dict[str, Any]: ...

UPDEStepper = RustUPDEStepper
SECFunctional = RustSECFunctional
L16Controller = RustL16Controller
SSGFEngine = RustSSGFEngine
TCBOObserver = RustTCBOObserver
TCBOController = RustTCBOController
PGBOEngine = RustPGBOEngine

def rust_aggregate_chunk_scores(
    flat_scores: _Reals, n_prem: int, n_hyp: int, inner_agg: str, outer_agg: str
) -> tuple[float, list[float]]: ...
def rust_aggregate_chunk_scores_confidence_weighted(
    flat_scores: _Reals, flat_confidences: _Reals, n_prem: int, n_hyp: int, inner_agg: str
) -> tuple[float, list[float]]: ...
def rust_bidirectional_divergence(
    claims: Sequence[str], intent: str, forward_scores: _Reals, reverse_scores: _Reals, baseline: float
) -> list[tuple[float, float, float]]: ...
def rust_build_chunks(sentences: Sequence[str], budget: int, overlap_ratio: float) -> list[str]: ...
def rust_coverage_from_divergences(divergences: _Reals, support_threshold: float) -> tuple[float, int]: ...
def rust_entity_overlap(text_a: str, text_b: str) -> float: ...
def rust_has_suspicious_unicode(text: str) -> bool: ...
def rust_heuristic_factual_divergence(context: str, text_output: str) -> float: ...
def rust_heuristic_logical_divergence(text_output: str, prompt: str) -> float: ...
def rust_injection_verdict(
    calibrated_divs: _Reals,
    traceabilities: _Reals,
    entity_matches: _Reals,
    sanitizer_score: float,
    injection_threshold: float = 0.7,
    drift_threshold: float = 0.6,
    injection_claim_threshold: float = 0.75,
    traceability_floor: float = 0.15,
    stage1_weight: float = 0.3,
) -> tuple[list[tuple[int, float]], float, float, bool]: ...
def rust_lite_score(premise: str, hypothesis: str) -> float: ...
def rust_lite_score_batch(pairs: Sequence[tuple[str, str]]) -> list[float]: ...
def rust_mean(values: _Reals) -> float: ...
def rust_negation_flip(claim: str, source: str) -> bool: ...
def rust_numerical_consistency(text_a: str, text_b: str) -> bool | None: ...
def rust_probs_to_confidence(probs: _Reals, cols: int) -> list[float]: ...
def rust_probs_to_divergence(probs: _Reals, cols: int, contradiction_idx: int, neutral_idx: int) -> list[float]: ...
def rust_reduce_claim_attribution(
    flat_divergences: _Reals, n_claims: int, n_src: int
) -> tuple[list[float], list[int]]: ...
def rust_softmax(logits: _Reals, cols: int) -> list[float]: ...
def rust_split_sentences(text: str) -> list[str]: ...
def rust_sum_f64(values: _Reals) -> float: ...
def rust_sum_i64(values: Sequence[SupportsIndex]) -> int: ...
def rust_traceability(claim: str, source: str) -> float: ...
def rust_trend_drop(values: _Reals) -> float: ...
def rust_word_overlap(text_a: str, text_b: str) -> float: ...
