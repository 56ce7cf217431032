/**
 * Comments between the events of a stream.
 *
 * @module
 */

const encoder = new TextEncoder();

/** Puts annotations where the output stands that they are about. */
export class Annotations {
  /** Bytes of output, comments not counted, that went through. */
  #position = 0;
  #waiting: { position: number; comment: Uint8Array }[] = [];

  /** Takes what was said of something at a position of the output. */
  note(position: number, text: string | undefined): void {
    if (text === undefined) return;
    if (typeof (text as unknown) !== "string") {
      throw new TypeError("an annotation must be a string or undefined");
    }
    // An event of its own, with nothing in it: the comment can be mistaken for no part of another.
    const line = `: ${text.replace(/\r\n|\r|\n/g, "\\n")}\n\n`;
    this.#waiting.push({ position, comment: encoder.encode(line) });
  }

  /** The output with the comments in it. Verdicts and matches fall between events, and so do their comments. */
  weave(output: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const start = this.#position;
    this.#position += output.length;
    if (this.#waiting.length === 0) return output;
    const parts: Uint8Array[] = [];
    let at = 0;
    // Verdicts and matches are each in order.
    this.#waiting.sort((a, b) => a.position - b.position);
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
