/**
 * The instance of the wasm of `interlock-wasm/covenant`.
 *
 * @module
 */

import {
  detailsAddress,
  initSync,
  takeFailure,
  textsAddress,
  textsBytes,
} from "../../wasm/covenant.js";
import { instanceOf } from "../internal/instance.js";
import { writeAscii } from "../internal/wire.js";
import { ofRefusal } from "./errors.js";

export const instance = instanceOf({ initSync, detailsAddress, takeFailure }, ofRefusal);

export const { call, heap, made, slot, textAt, thrown } = instance;

let texts = 0;
let room = 0;

/** Throws what a call has left that says itself that it failed. */
export function refuse(): void {
  call(() => undefined);
}

/** Writes two texts where `wasm/npm/src/covenant/written.rs` reads them. Whether they are ASCII and short enough. */
export function writeTexts(first: string, second: string): boolean {
  if (texts === 0) {
    texts = textsAddress();
    room = textsBytes();
  }
  if (first.length + second.length > room) return false;
  const bytes = heap();
  return (
    writeAscii(bytes, texts, first) >= 0 && writeAscii(bytes, texts + first.length, second) >= 0
  );
}
