/**
 * Comments between the events of a stream.
 *
 * @module
 */

import type { VerdictEvent } from "./types.js";

const encoder = new TextEncoder();

/** Puts the annotations of verdicts where the output stands that they released. */
export class Annotations {
  readonly #annotate: (event: VerdictEvent) => string | undefined;
  /** Bytes of output, comments not counted, that went through. */
  #position = 0;
  #waiting: { position: number; comment: Uint8Array }[] = [];

  constructor(annotate: (event: VerdictEvent) => string | undefined) {
    this.#annotate = annotate;
  }

  /** Asks for the annotation of a verdict. */
  note(event: VerdictEvent): void {
    const text = this.#annotate(event);
    if (text === undefined) return;
    if (typeof text !== "string") throw new TypeError("annotate must give a string or undefined");
    // An event of its own, with nothing in it: the comment can be mistaken for no part of another.
    const line = `: ${text.replace(/\r\n|\r|\n/g, "\\n")}\n\n`;
    this.#waiting.push({ position: event.position, comment: encoder.encode(line) });
  }

  /** The output with the comments in it. Verdicts fall between events, and so do their comments. */
  weave(output: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const start = this.#position;
    this.#position += output.length;
    if (this.#waiting.length === 0) return output;
    const parts: Uint8Array[] = [];
    let at = 0;
    for (const { position, comment } of this.#waiting) {
      const until = Math.min(Math.max(position - start, at), output.length);
      parts.push(output.subarray(at, until), comment);
      at = until;
    }
    parts.push(output.subarray(at));
    this.#waiting = [];
    return concat(parts);
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
