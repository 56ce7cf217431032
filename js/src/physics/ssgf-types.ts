/**
 * What an SSGF engine is set to, and what it records.
 *
 * @module
 */

import type { Decoder } from "./spectral.js";

/** How the slope of the cost is found: from the derivatives of the terms that have simple ones, or by differences. */
export type GradientMethod = "analytic" | "finite-difference";

/** Weights of the cost terms, each within 1e6 of 0. */
export interface CostWeights {
  /**
   * Of C_micro.
   * @defaultValue 1
   */
  readonly micro: number;
  /**
   * Of C7.
   * @defaultValue 0.5
   */
  readonly c7: number;
  /**
   * Of C8.
   * @defaultValue 0.3
   */
  readonly c8: number;
  /**
   * Of C9.
   * @defaultValue 0.2
   */
  readonly c9: number;
  /**
   * Of C10.
   * @defaultValue 0.4
   */
  readonly c10: number;
  /**
   * Of R_graph.
   * @defaultValue 0.1
   */
  readonly reg: number;
  /**
   * Of C4.
   * @defaultValue 0.3
   */
  readonly c4_tcbo: number;
  /**
   * Of C_pgbo.
   * @defaultValue 0.05
   */
  readonly pgbo: number;
}

/** Settings of an engine. */
export interface SsgfConfig {
  /**
   * Number of oscillators, in [1, 256].
   * @defaultValue 16
   */
  readonly n: number;
  /**
   * From latents to weights.
   * @defaultValue "gram-softplus"
   */
  readonly decoder: Decoder;
  /**
   * Width of the radial decoder, in [1e-6, 1e6].
   * @defaultValue 1
   */
  readonly rbf_sigma: number;
  /**
   * Micro-steps in an outer step, in [1, 100000].
   * @defaultValue 10
   */
  readonly n_micro: number;
  /**
   * Time of a micro-step, s, in [1e-9, 1000].
   * @defaultValue 0.001
   */
  readonly dt_micro: number;
  /**
   * Time of an outer step, s, in [1e-9, 1000].
   * @defaultValue 0.01
   */
  readonly dt_outer: number;
  /**
   * Step along the slope.
   * @defaultValue 0.01
   */
  readonly lr_z: number;
  /**
   * Gain of the weights in the coupling.
   * @defaultValue 0.1
   */
  readonly sigma_g: number;
  /**
   * Amplitude of the phases' noise, rad/sqrt(s), in [0, 1e6].
   * @defaultValue 0.02
   */
  readonly noise_amp: number;
  /**
   * Field F of the drift F cos(theta), rad/s.
   * @defaultValue 0.05
   */
  readonly field_pressure: number;
  /** Weights of the cost terms that are not at their default. */
  readonly weights: { readonly [Name in keyof CostWeights]?: CostWeights[Name] | undefined };
  /**
   * Locking above which the controller's gate opens.
   * @defaultValue 0.6
   */
  readonly plv_threshold: number;
  /**
   * Samples that locking is averaged over.
   * @defaultValue 10
   */
  readonly plv_window: number;
  /**
   * Values of H_rec that the controller looks back on.
   * @defaultValue 5
   */
  readonly h_rec_window: number;
  /**
   * Half of the distance of a difference, in [1e-12, 1].
   * @defaultValue 1e-5
   */
  readonly fd_eps: number;
  /**
   * How the slope is found.
   * @defaultValue "analytic"
   */
  readonly gradient: GradientMethod;
  /**
   * Seed of latents, phases and noise.
   * @defaultValue 42
   */
  readonly seed: number | bigint;
  /**
   * Whether PGBO's tensor joins the coupling.
   * @defaultValue true
   */
  readonly pgbo_enabled: boolean;
  /**
   * Weight of PGBO's boundary potential, in [0, 5].
   * @defaultValue 0.5
   */
  readonly pgbo_alpha: number;
  /**
   * Gain of PGBO's tensor at the start, in [0, 5].
   * @defaultValue 0.3
   */
  readonly pgbo_kappa: number;
  /**
   * Gain of the tensor in the coupling.
   * @defaultValue 0.1
   */
  readonly pgbo_weight: number;
  /**
   * What the length of PGBO's vector stays below, rad/s, in [1e-6, 1e6].
   * @defaultValue 10
   */
  readonly pgbo_u_cap: number;
  /**
   * Whether the tensor's trace is taken off.
   * @defaultValue false
   */
  readonly pgbo_traceless: boolean;
  /**
   * Records that the log keeps: the last ones, in [0, 1000000].
   * @defaultValue 200
   */
  readonly log_capacity: number;
}

/** The places where an engine departs from the published numbers, one by one. `corrected` has all of them. */
export interface Corrections {
  /** Seeds are mixed: neighbouring small ones do not start alike. */
  readonly seed: boolean;
  /** A phase never is 2 pi. */
  readonly wrap: boolean;
  /** Noise is of the size a sqrt(dt), not a dt sqrt(dt). */
  readonly noise: boolean;
  /** Signs of eigenvectors are decided with a tolerance and kept by overlap. */
  readonly signs: boolean;
  /** The slope of C9 is counted once. */
  readonly c9_slope: boolean;
  /** Differences are taken between eigenvectors that point the way of the current ones. */
  readonly difference_signs: boolean;
  /** PGBO divides by the time that the micro-steps took, not by the time of an outer step. */
  readonly elapsed: boolean;
  /** The radial decoder is given no latents that it leaves out. */
  readonly latents: boolean;
  /** The L16 controller's own corrections. */
  readonly controller: boolean;
  /** PGBO's own corrections. */
  readonly pgbo: boolean;
}

/** The cost terms and their weighted sum. */
export interface Costs {
  /** 1 - R. */
  readonly c_micro: number;
  /** Squared distance of the second eigenvector from its target. */
  readonly c7_symbolic: number;
  /** Squared sine of phase 7 against the mean phase, over the second eigenvalue; 0 with fewer than 8 phases. */
  readonly c8_phase: number;
  /** Square of the mean weight at node 8 less 1; 0 with fewer than 9 nodes. */
  readonly c9_memory: number;
  /** Mean square of the weights between protected nodes and others. */
  readonly c10_boundary: number;
  /** Size of the weights and closeness to a split. */
  readonly r_graph: number;
  /** Square of what p_h1 is short of 0.72. */
  readonly c4_tcbo: number;
  /** 0.01 times the squared size of PGBO's tensor. */
  readonly c_pgbo: number;
  /** The weighted sum. */
  readonly u_total: number;
}

/** What one outer step found. Weights and eigenvalues are those before the latents were changed. */
export interface StepRecord {
  /** Number of the step, from 0 on. */
  readonly step: number;
  /** The cost terms. */
  readonly costs: Costs;
  /** The order parameter after the micro-cycle. */
  readonly r_global: number;
  /** The second eigenvalue. */
  readonly fiedler_value: number;
  /** The second eigenvalue as a share of the third. */
  readonly spectral_gap: number;
  /** The controller's Lyapunov candidate. */
  readonly h_rec: number;
  /** Whether the controller's gate is open. */
  readonly gate_open: boolean;
  /** Whether the controller refuses. */
  readonly refusal: boolean;
  /** Whether the weights are symmetric, not negative and 0 on the diagonal. */
  readonly w_valid: boolean;
  /** Whether the eigenvalues are ascending. */
  readonly eigval_ordered: boolean;
  /** Length of PGBO's vector, rad/s; 0 when off. */
  readonly pgbo_u_norm: number;
  /** Frobenius norm of PGBO's tensor; 0 when off. */
  readonly pgbo_h_frob: number;
  /** TCBO's probability, as it was set. */
  readonly tcbo_p_h1: number;
  /** Whether it is above 0.72. */
  readonly tcbo_gate_open: boolean;
}

/** How many numbers a record crosses as. */
export const RECORD = 22;

/** The record whose numbers begin at a place of a list. */
export function stepRecord(at: (index: number) => number): StepRecord {
  return {
    step: at(0),
    costs: {
      c_micro: at(1),
      c7_symbolic: at(2),
      c8_phase: at(3),
      c9_memory: at(4),
      c10_boundary: at(5),
      r_graph: at(6),
      c4_tcbo: at(7),
      c_pgbo: at(8),
      u_total: at(9),
    },
    r_global: at(10),
    fiedler_value: at(11),
    spectral_gap: at(12),
    h_rec: at(13),
    gate_open: at(14) === 1,
    refusal: at(15) === 1,
    w_valid: at(16) === 1,
    eigval_ordered: at(17) === 1,
    pgbo_u_norm: at(18),
    pgbo_h_frob: at(19),
    tcbo_p_h1: at(20),
    tcbo_gate_open: at(21) === 1,
  };
}
