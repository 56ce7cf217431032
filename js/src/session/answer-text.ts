/**
 * The text of an answer, out of the bytes that leave the guard.
 *
 * @module
 */

import { isEventDialect } from "./dialect-of.js";
import type { Dialect } from "./types.js";

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;
const objects = (value: unknown): readonly Json[] =>
  Array.isArray(value) ? value.filter(isObject) : [];
const object = (value: unknown): Json => (isObject(value) ? value : {});
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const join = (list: unknown, of: (item: Json) => string): string => objects(list).map(of).join("");
/** The first of the alternative answers. */
const first = (list: unknown): Json =>
  objects(list).find(({ index }) => index === 0 || index === undefined) ?? {};

const gemini = (message: Json): string =>
  join(object(first(message.candidates).content).parts, (part) =>
    part.thought === true ? "" : text(part.text),
  );

/** What a message of a dialect adds to the content of the first answer. */
const CONTENT: Readonly<Record<Exclude<Dialect, "text">, (message: Json) => string>> = {
  "openai-chat": ({ choices }) => text(object(first(choices).delta).content),
  "openai-chat-body": ({ choices }) => text(object(first(choices).message).content),
  "openai-responses": ({ type, delta }) =>
    type === "response.output_text.delta" ? text(delta) : "",
  "openai-responses-body": ({ output }) =>
    join(output, ({ content }) =>
      join(content, (part) => (part.type === "output_text" ? text(part.text) : "")),
    ),
  anthropic: ({ type, delta, content_block: block }) => {
    if (type === "content_block_delta") return text(object(delta).text);
    return type === "content_block_start" ? text(object(block).text) : "";
  },
  "anthropic-body": ({ content }) =>
    join(content, (block) => (block.type === "text" ? text(block.text) : "")),
  gemini,
  "gemini-body": gemini,
  "ui-message": ({ type, delta }) => (type === "text-delta" ? text(delta) : ""),
};

/** Reads the content of the first answer out of a response of a dialect, piece by piece. */
export class AnswerText {
  readonly #dialect: Dialect;
  readonly #decoder = new TextDecoder();
  /** What has come of a line, or of a document. */
  #rest = "";
  /** The data of the event so far. */
  #data: string[] = [];

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** What these bytes add. */
  push(bytes: Uint8Array): string {
    return this.#take(this.#decoder.decode(bytes, { stream: true }), false);
  }

  /** What is left when no more bytes come. */
  end(): string {
    return this.#take(this.#decoder.decode(), true);
  }

  #take(chunk: string, isEnd: boolean): string {
    const dialect = this.#dialect;
    if (dialect === "text") return chunk;
    this.#rest += chunk;
    if (!isEventDialect(dialect)) return isEnd ? this.#content(this.#rest) : "";
    // A carriage return at the end may be half of a line's end.
    const cut = !isEnd && this.#rest.endsWith("\r") ? this.#rest.length - 1 : this.#rest.length;
    const lines = this.#rest.slice(0, cut).split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? "") + this.#rest.slice(cut);
    return lines.map((line) => this.#line(line)).join("");
  }

  #line(line: string): string {
    if (line === "") {
      const data = this.#data.join("\n");
      this.#data = [];
      return data === "" || data === "[DONE]" ? "" : this.#content(data);
    }
    const [, value] = /^data(?:: ?(.*))?$/s.exec(line) ?? [undefined, undefined];
    if (line.startsWith("data") && value !== undefined) this.#data.push(value);
    return "";
  }

  #content(json: string): string {
    if (this.#dialect === "text") return "";
    let message: unknown;
    try {
      message = JSON.parse(json);
    } catch {
      // The guard has let it pass as what holds no text.
      return "";
    }
    const read = CONTENT[this.#dialect];
    return Array.isArray(message) ? join(message, read) : read(object(message));
  }
}
