/**
 * A state as parameters of sound.
 *
 * @module
 */

import { audioOf as raw } from "../../wasm/physics.js";
import { requireNumber } from "../internal/arguments.js";
import { type Numbers, numbers, requireFlag } from "./arguments.js";
import { call } from "./instance.js";

const BANDS = ["delta", "theta", "alpha", "beta", "gamma"] as const;

/** A band of brain waves: below 4, 8, 12, 30 Hz, and from there on. */
export type Band = (typeof BANDS)[number];

/** What sound is made from. */
export interface AudioState {
  /** Phases. */
  readonly theta: Numbers;
  /** Weights, row by row. */
  readonly w: Numbers;
  /** Eigenvalues as the spectral bridge gave them. */
  readonly eigenvalues: Numbers;
  /** TCBO's probability. */
  readonly p_h1: number;
  /** Whether the controller's gate is open. */
  readonly gate_open: boolean;
  /** Whether the controller refuses. */
  readonly refusal: boolean;
  /** Length of PGBO's vector, rad/s. */
  readonly pgbo_u_norm: number;
  /** Frobenius norm of PGBO's tensor. */
  readonly pgbo_h_frob: number;
}

/** Parameters of sound. */
export interface Audio {
  /** The order parameter, in [0, 1]. */
  readonly r_global: number;
  /** The order parameter again, by its musical name. */
  readonly entrainment_intensity: number;
  /** Beat in Hz, in [0.5, 40]; 10 with fewer than 2 phases. */
  readonly beat_hz: number;
  /** Pulse in Hz, in [1, 20]; 6 with fewer than 4 phases. */
  readonly pulse_hz: number;
  /** Direction in degrees, in [0, 360); 0 with fewer than 7 phases. */
  readonly spatial_angle_deg: number;
  /** The band of the beat. */
  readonly band: Band;
  /** The second eigenvalue. */
  readonly fiedler_stability: number;
  /** The second eigenvalue as a share of the third. */
  readonly spectral_gap: number;
  /** Share of the pairs whose weight is above 0.01. */
  readonly geometry_density: number;
  /** Whether the controller's gate is open. */
  readonly l16_gate_open: boolean;
  /** Whether the controller refuses. */
  readonly l16_refusal: boolean;
  /** TCBO's probability. */
  readonly tcbo_p_h1: number;
  /** Whether it is above 0.72. */
  readonly tcbo_gate_open: boolean;
  /** Length of PGBO's vector, rad/s. */
  readonly pgbo_u_norm: number;
  /** Frobenius norm of PGBO's tensor. */
  readonly pgbo_h_frob: number;
  /** Whether TCBO's gate is open and the order parameter above 0.95. */
  readonly theurgic_mode: boolean;
  /** 1.75 in that mode, 1 otherwise. */
  readonly healing_acceleration: number;
}

/** Maps a state. Any numbers are taken. */
export function audioOf(state: AudioState): Audio {
  const { p_h1: pH1, gate_open: gate, refusal, pgbo_u_norm: u, pgbo_h_frob: h } = state;
  const theta = numbers("theta", state.theta);
  const w = numbers("w", state.w);
  const eigenvalues = numbers("eigenvalues", state.eigenvalues);
  requireNumber("p_h1", pH1);
  requireFlag("gate_open", gate);
  requireFlag("refusal", refusal);
  requireNumber("pgbo_u_norm", u);
  requireNumber("pgbo_h_frob", h);
  return audioFrom(call(() => raw(theta, w, eigenvalues, pH1, gate, refusal, u, h)));
}

/** The parameters as they cross. */
export function audioFrom(list: Float64Array): Audio {
  const at = (index: number): number => list[index] ?? NaN;
  return {
    r_global: at(0),
    entrainment_intensity: at(1),
    beat_hz: at(2),
    pulse_hz: at(3),
    spatial_angle_deg: at(4),
    band: BANDS[at(5)] ?? "gamma",
    fiedler_stability: at(6),
    spectral_gap: at(7),
    geometry_density: at(8),
    l16_gate_open: at(9) === 1,
    l16_refusal: at(10) === 1,
    tcbo_p_h1: at(11),
    tcbo_gate_open: at(12) === 1,
    pgbo_u_norm: at(13),
    pgbo_h_frob: at(14),
    theurgic_mode: at(15) === 1,
    healing_acceleration: at(16),
  };
}
