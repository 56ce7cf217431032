/**
 * Functions without state.
 *
 * @module
 */

import * as raw from "../../wasm/physics.js";
import { requireCount, requireNumber } from "../internal/arguments.js";
import { type Fidelity, type Numbers, isPublished, numbers } from "./arguments.js";
import { call } from "./instance.js";

/** The order parameter R = |mean of exp(i theta)| in [0, 1]: 1 when all phases are equal; 0 without phases. */
export function orderParameter(theta: Numbers): number {
  const phases = numbers("theta", theta);
  return call(() => raw.orderParameter(phases));
}

/** An angle modulo 2 pi, in [0, 2 pi). `published` may give 2 pi itself. */
export function wrap(x: number, fidelity?: Fidelity): number {
  requireNumber("x", x);
  const published = isPublished(fidelity);
  return call(() => raw.wrap(x, published));
}

/** The difference `a - b` of two angles on the shorter way round, in [-pi, pi]. */
export function difference(a: number, b: number): number {
  requireNumber("a", a);
  requireNumber("b", b);
  return call(() => raw.difference(a, b));
}

/** A difference of angles in [-pi, pi), as PGBO takes it. */
export function wrapDifference(x: number, fidelity?: Fidelity): number {
  requireNumber("x", x);
  const published = isPublished(fidelity);
  return call(() => raw.wrapDifference(x, published));
}

/**
 * Coupling at which oscillators with these natural frequencies lock, rad/s: the mean-field value for normally spread
 * frequencies.
 */
export function criticalCoupling(omega: Numbers): number {
  const frequencies = numbers("omega", omega);
  return call(() => raw.criticalCoupling(frequencies));
}

/** Slope of the last `window` values of a history by least squares, 1/s; `dt` is the time between two values, s. */
export function slope(history: Numbers, window: number, dt: number): number {
  requireCount("window", window);
  requireNumber("dt", dt);
  const values = numbers("history", history);
  return call(() => raw.slope(values, window, dt));
}

/** Whether a history has only risen over its last `window` changes; nothing while it is shorter. */
export function refuses(
  history: Numbers,
  window: number,
  fidelity?: Fidelity,
): boolean | undefined {
  requireCount("window", window);
  const values = numbers("history", history);
  const published = isPublished(fidelity);
  return call(() => raw.refuses(values, window, published));
}

/** A delay embedding: how many samples of a channel make a point, and how far they lie apart. */
export interface Embedding {
  /** Samples that make a point, at least 1. */
  readonly embed_dim: number;
  /** Samples between them. */
  readonly tau_delay: number;
}

/**
 * Embeds every channel of a signal: the point at a time has `embed_dim` columns of channel 0, the newest sample first,
 * then those of channel 1. `samples` holds one sample of each channel after the other, the oldest first.
 *
 * @throws {ArgumentError} when there are too few samples, or not a whole number of channels
 */
export function embed(samples: Numbers, channels: number, embedding: Embedding): Float64Array {
  const { embed_dim: dimension, tau_delay: delay } = embedding;
  requireCount("channels", channels);
  requireCount("embed_dim", dimension);
  requireCount("tau_delay", delay);
  const list = numbers("samples", samples);
  return call(() => raw.embed(list, channels, dimension, delay));
}

/** The logistic function `1 / (1 + exp(-beta (s - s0)))`. */
export function squash(s: number, s0: number, beta: number): number {
  for (const [name, value] of Object.entries({ s, s0, beta })) requireNumber(name, value);
  return call(() => raw.squash(s, s0, beta));
}

/** The `s0` with which {@link squash} gives the probability `p` at `sTau`. */
export function s0For(sTau: number, p: number, beta: number): number {
  for (const [name, value] of Object.entries({ s_tau: sTau, p, beta })) requireNumber(name, value);
  return call(() => raw.s0For(sTau, p, beta));
}
