/**
 * The instance of the wasm of `interlock-wasm/covenant`.
 *
 * @module
 */

import {
  bytesAddress,
  detailsAddress,
  initSync,
  numbersAddress,
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

let doubles = new Float64Array(0);

/** The instance's memory as numbers. The view is good until the next call of the instance. */
export function numbers(): Float64Array {
  // Memory that grows detaches its views.
  if (doubles.length === 0) doubles = new Float64Array(heap().buffer);
  return doubles;
}

/**
 * Room for so many of them, which `wasm/npm/src/covenant/room.rs` keeps: the place of the first. Answers stand in the place
 * of the questions, until room is asked for again.
 */
export const roomForNumbers = (count: number): number =>
  call(() => numbersAddress(count)) / Float64Array.BYTES_PER_ELEMENT;

const encoder = new TextEncoder();

/** Writes a text where `room.rs` reads it. Whether all of it is ASCII. */
export function writeAsciiToRoom(text: string): boolean {
  const { length } = text;
  const at = call(() => bytesAddress(length));
  const { read, written } = encoder.encodeInto(text, heap().subarray(at, at + length));
  return read === length && written === length;
}
