/**
 * The instance of the main entry point's wasm.
 *
 * @module
 */

import { detailsAddress, initSync, takeFailure } from "../wasm/interlock.js";
import { instanceOf } from "./internal/instance.js";

export const instance = instanceOf({ initSync, detailsAddress, takeFailure });

export const { call, heap, made, slot, textAt, thrown } = instance;
