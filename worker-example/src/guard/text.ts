// The guard over texts that are there whole, without scores.

import { type GuardTables, type PolicyInput, Session } from "interlock-wasm";

import { badRequest } from "../errors.js";

/** Fed at once. */
const PART = 65_536;

/** Policies for which an isolate remembers what was found in what is common. */
const MOST_POLICIES = 8;

/** A match: where in its text and how long, in bytes, never what it says. */
export interface Found {
  pattern: string;
  action: "halt" | "redact" | "flag";
  start: number;
  length: number;
}

/** A text after it was searched. */
export interface Searched {
  /** What may leave of it. */
  text: string;
  found: readonly Found[];
  /** It must not leave at all. */
  isHalted: boolean;
}

const encoder = new TextEncoder();

/** What most requests are made of, apart from what they say. */
const COMMON: ReadonlySet<string> = new Set([
  ...["model", "messages", "role", "content", "stream", "stream_options", "include_usage"],
  ...["max_tokens", "temperature", "top_p", "tools", "tool_choice", "function", "name"],
  ...["description", "parameters", "type", "properties", "required", "object", "string"],
  ...["input", "instructions", "contents", "parts", "text", "system", "user", "assistant", "tool"],
]);

/** What was found in those under a policy, which is nothing if the policy makes sense: searched once in an isolate. */
const common = new WeakMap<GuardTables, Map<string, Map<string, Searched>>>();

/** Searches the texts of one request; what it has seen it does not search again. */
export class TextGuard {
  readonly #policy: PolicyInput;
  readonly #tables: GuardTables;
  readonly #most: number;
  readonly #seen = new Map<string, Searched>();
  readonly #common: Map<string, Searched>;

  constructor({ guard, limits, mode }: PolicyInput, tables: GuardTables, most: number) {
    // Nobody scores what a client asks. After a halt nothing is to be said in its place.
    this.#policy = {
      ...(guard && { guard }),
      ...(limits && { limits }),
      ...(mode && { mode }),
      ending: { message: "" },
    };
    this.#tables = tables;
    this.#most = most;
    const key = JSON.stringify(this.#policy);
    const policies = common.get(tables) ?? new Map<string, Map<string, Searched>>();
    this.#common = policies.get(key) ?? new Map<string, Searched>();
    if (policies.size >= MOST_POLICIES) policies.clear();
    common.set(tables, policies.set(key, this.#common));
  }

  /** Searches a text; `field` is where it stands. */
  search(text: string, field: string): Searched {
    const seen = COMMON.has(text) ? this.#common : this.#seen;
    const known = seen.get(text);
    if (known !== undefined) return known;
    if (seen.size >= this.#most) {
      throw badRequest(`The body has more than ${this.#most} different texts.`, field);
    }
    const searched = this.#search(text);
    seen.set(text, searched);
    return searched;
  }

  #search(text: string): Searched {
    if (text === "") return { text, found: [], isHalted: false };
    using session = new Session(this.#policy, "text", this.#tables);
    const output = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
    // Half a surrogate pair becomes U+FFFD here, and would upstream.
    const bytes = encoder.encode(text);
    let guarded = "";
    for (let at = 0; at < bytes.length && session.state === "open"; at += PART) {
      session.feed(bytes.subarray(at, at + PART));
      guarded += output.decode(session.takeOutput(), { stream: true });
    }
    if (session.state === "open") session.end();
    guarded += output.decode(session.takeOutput());
    const found: Found[] = [];
    for (let event; (event = session.nextGuardEvent()) !== undefined;) {
      const { pattern, action, start, length } = event;
      found.push({ pattern, action, start, length });
    }
    const isChanged = found.some(({ action }) => action === "redact");
    const isHalted = session.state !== "completed";
    // Where nothing was replaced it is the same text, to the last bit.
    return { text: isChanged ? guarded : text, found, isHalted };
  }
}
