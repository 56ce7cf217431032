/**
 * The instance of the wasm of `interlock-wasm/ledger`.
 *
 * @module
 */

import { detailsAddress, initSync, takeFailure } from "../../wasm/ledger.js";
import { instanceOf } from "../internal/instance.js";
import { ofRefusal } from "./errors.js";

export const instance = instanceOf({ initSync, detailsAddress, takeFailure }, ofRefusal);

export const { call, made, slot } = instance;
