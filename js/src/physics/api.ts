/**
 * Everything of `interlock-wasm/physics` but the wasm: phase dynamics, what observes them, and the geometry engine over
 * both, with the names of the core. Angles are in radians, times in seconds, frequencies in radians a second; matrices
 * are lists, row by row.
 *
 * What is refused (a number out of its range, a list of a wrong length, a setting that there is none) is an
 * {@link ArgumentError} that names it, its value and its bound; nothing has changed then.
 *
 * `fidelity` says which of two definitions is computed: `corrected`, the default, does what each definition says;
 * `published` gives the published numbers, so that results can be compared with them.
 *
 * @module
 */

export {
  ArgumentError,
  type ErrorCode,
  FreedError,
  InterlockError,
  NotInitialisedError,
  TrapError,
} from "../errors.js";
export type { Fidelity, Numbers, Seed, Settings } from "./arguments.js";
export { type Audio, type AudioState, type Band, audioOf } from "./audio.js";
export * from "./functions.js";
export {
  type Block,
  L16,
  type L16Config,
  type L16Input,
  type L16Options,
  type L16Output,
  type Locking,
  type LoopState,
  type PlvGate,
  hRec,
} from "./l16.js";
export * as layers from "./layers.js";
export * from "./numeric.js";
export * from "./pgbo.js";
export * from "./pi-element.js";
export { type Bar, type Longest, Rips } from "./rips.js";
export * from "./sec.js";
export * from "./spectral.js";
export * from "./ssgf.js";
export type {
  Corrections,
  CostWeights,
  Costs,
  GradientMethod,
  SsgfConfig,
  StepRecord,
} from "./ssgf-types.js";
export * from "./tcbo.js";
export * from "./tcbo-controller.js";
export * from "./upde.js";
