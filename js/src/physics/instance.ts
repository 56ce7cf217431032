/**
 * The instance of the wasm of `interlock-wasm/physics`.
 *
 * @module
 */

import { detailsAddress, initSync, takeFailure } from "../../wasm/physics.js";
import { instanceOf } from "../internal/instance.js";

export const instance = instanceOf({ initSync, detailsAddress, takeFailure });

export const { call, heap, made, slot } = instance;
