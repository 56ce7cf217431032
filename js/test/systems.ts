// Systems that the tests of physics begin with.

import { type L16Input, Upde, type UpdeOptions, layers } from "interlock-wasm/physics";

export const N = layers.COUNT;
export const spread = Float64Array.from({ length: N }, (_, n) => 0.37 * n);
export const upde = (options: Partial<UpdeOptions> = {}): Upde =>
  new Upde({ theta: spread, ...options });
export const input = (more: Partial<L16Input> = {}): L16Input => ({
  state: { theta: spread, r: 0.5, p_h1: 0.2, h_frob: 1 },
  locking: { difference: 0.1 },
  ...{ c7: 1, c8: 1, c10: 1, dt: 0.01 },
  ...more,
});
