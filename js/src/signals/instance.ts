/**
 * The instance of the wasm of `interlock-wasm/signals`.
 *
 * @module
 */

import { detailsAddress, initSync, takeFailure } from "../../wasm/signals.js";
import { instanceOf } from "../internal/instance.js";

export const instance = instanceOf({ initSync, detailsAddress, takeFailure });

export const { call, slot } = instance;
