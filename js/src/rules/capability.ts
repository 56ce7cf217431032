/**
 * What a host can run.
 *
 * @module
 */

import { ArgumentError } from "../errors.js";
import { requireCount, requireText } from "../internal/arguments.js";
import { requireFields, requireList, wire } from "../internal/wire.js";

/** What a host can run. */
export interface Capability {
  /** The oldest and the newest version of the data format; `[2, 2]` where it is left out: policies of this build. */
  readonly dataFormats?: readonly [number, number];
  /** Whether it runs WebAssembly. */
  readonly wasm32?: boolean;
  /** Whether its WebAssembly has 128-bit vectors. */
  readonly simd128?: boolean;
  /** Opaque targets, such as `sm_90`, which also runs what is for `sm_80`. */
  readonly opaque?: readonly string[];
}

/** As it crosses. @internal */
export function capabilityWire(capability: Capability): Uint8Array {
  requireFields("capability", capability, ["dataFormats", "wasm32", "simd128", "opaque"]);
  const { dataFormats = [2, 2], wasm32 = false, simd128 = false, opaque = [] } = capability;
  requireList("capability.dataFormats", dataFormats);
  const [oldest, newest] = dataFormats;
  requireCount("capability.dataFormats[0]", oldest);
  requireCount("capability.dataFormats[1]", newest);
  for (const [name, value] of Object.entries({ wasm32, simd128 })) {
    if (typeof value !== "boolean") {
      throw new ArgumentError(`capability.${name}`, { value, bound: "true or false" });
    }
  }
  requireList("capability.opaque", opaque);
  opaque.forEach((name, index) => {
    requireText(`capability.opaque[${index}]`, name);
  });
  return wire([oldest, newest, wasm32, simd128, opaque]);
}
