/**
 * The sixteen layers: names, natural frequencies and the coupling between them.
 *
 * @module
 */

import { layerCoupling, layerNames, layerOmega } from "../../wasm/physics.js";
import { type Fidelity, isPublished } from "./arguments.js";
import { call } from "./instance.js";

/** How many layers there are. */
export const COUNT = 16;

/** Natural frequencies, rad/s. */
export function omega(): Float64Array {
  return call(layerOmega);
}

/** Names of the layers. */
export function names(): string[] {
  return call(layerNames).split("\n");
}

/**
 * The coupling matrix, row by row; row n acts on oscillator n. Symmetric, with a diagonal of 0: 0.45 exp(-0.3 |n - m|),
 * then anchors, then boosts, of which `corrected` lets none lower a coupling.
 */
export function coupling(fidelity?: Fidelity): Float64Array {
  const published = isPublished(fidelity);
  return call(() => layerCoupling(published));
}
