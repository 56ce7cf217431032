/**
 * The instance of the wasm of `interlock-wasm/rules`.
 *
 * @module
 */

import { detailsAddress, initSync, takeFailure } from "../../wasm/rules.js";
import { instanceOf } from "../internal/instance.js";
import { ofRefusal } from "./errors.js";

export const instance = instanceOf({ initSync, detailsAddress, takeFailure }, ofRefusal);

export const { call, made, slot } = instance;
