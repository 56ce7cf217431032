// What must not leave does not go to the model's provider either: every text of a request is searched for the patterns of
// the policy before the upstream is asked. A secret refuses the request, or is replaced, as the policy says.

import { type GuardTables, type LedgerEvent, type PolicyInput } from "interlock-wasm";

import { ApiError, badRequest } from "../errors.js";
import { TextGuard, type Found } from "./text.js";

/** Levels of objects and lists in one another, texts that are JSON included. */
const MOST_LEVELS = 64;

/** Different texts of one request: each has its own automaton. */
const MOST_TEXTS = 8192;

/** Fields of files, pictures, sound and signatures: what is base64 there cannot be changed, but it can be refused. */
const ENCODED_FIELDS: ReadonlySet<string> = new Set([
  ...["data", "file_data", "image_url", "url", "b64_json"],
  ...["signature", "encrypted_content", "thoughtSignature", "thought_signature"],
]);
const NO_BASE64 = /[^A-Za-z0-9+/_=\r\n-]/;
/** Shorter ones are texts: no number and no address is so long. */
const LEAST_ENCODED = 64;

/** Why a request is refused, as OpenAI calls it. */
const VIOLATION = "content_policy_violation";

/** A request after it was searched. */
export interface GuardedRequest {
  /** The body that may go upstream. */
  body: Record<string, unknown>;
  /** What was found, for the ledger: pattern and place, never the text. */
  events: LedgerEvent[];
  /** Why the request is refused. */
  refusal?: ApiError;
}

/** Searches a request's body under a policy. The body is not changed. */
export function guardRequest(
  body: Record<string, unknown>,
  policy: PolicyInput,
  tables: GuardTables,
): GuardedRequest {
  if (policy.guard === undefined || policy.guard === null) return { body, events: [] };
  const walk = new Walk(policy, tables);
  try {
    const guarded = walk.value(body, "", "", 0) as Record<string, unknown>;
    return { body: guarded, events: walk.events() };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { code, param: field } = error.details;
    // A body with too many levels is no matter of the policy.
    const refused = code === VIOLATION ? [eventOf("request.refused", code, { field })] : [];
    return { body, events: [...walk.events(), ...refused], refusal: error };
  }
}

/** One way through a body. */
class Walk {
  readonly #guard: TextGuard;
  /** What was found, by action and pattern. */
  readonly #found = new Map<string, Found & { matches: number; field: string }>();
  readonly #mode: string;

  constructor(policy: PolicyInput, tables: GuardTables) {
    this.#guard = new TextGuard(policy, tables, MOST_TEXTS);
    this.#mode = policy.mode ?? "enforce";
  }

  /** A value with its texts replaced; the same one where nothing was. `name` is that of the field, `path` where it is. */
  value(value: unknown, name: string, path: string, level: number): unknown {
    if (typeof value === "string") return this.#text(value, name, path, level);
    if (typeof value !== "object" || value === null) return value;
    if (level >= MOST_LEVELS) {
      throw badRequest(`The body has more than ${MOST_LEVELS} levels.`, path.slice(0, 200));
    }
    if (Array.isArray(value)) {
      const items = value.map((it, at) => this.value(it, name, `${path}[${at}]`, level + 1));
      return items.some((it, at) => it !== value[at]) ? items : value;
    }
    const entries = Object.entries(value);
    const guarded = entries.map(([key, it]) => {
      // A name cannot be replaced without losing what it names.
      if (this.#search(key, path) !== key) throw refused(path, "a field's name");
      const below = path === "" ? key : `${path}.${key.slice(0, 64)}`;
      return [key, this.value(it, key, below, level + 1)] as const;
    });
    const isSame = guarded.every(([, it], at) => it === entries[at]?.[1]);
    return isSame ? value : Object.fromEntries(guarded);
  }

  #text(text: string, name: string, path: string, level: number): string {
    // What looks like a telephone number in a picture is none. A text that is a match as a whole is no picture.
    const isFile =
      isEncoded(text, name) &&
      !this.#guard
        .search(text, path)
        .found.some(({ start, length }) => start === 0 && length === text.length);
    const guarded = this.#search(text, path, isFile);
    return isFile ? text : this.#decoded(guarded, name, path, level);
  }

  /** A text that is JSON, such as a tool's arguments, can hide in escapes what is searched for. */
  #decoded(text: string, name: string, path: string, level: number): string {
    if (!/^\s*[[{]/.test(text) || !text.includes("\\")) return text;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return text;
    }
    const guarded = this.value(value, name, path, level + 1);
    return guarded === value ? text : JSON.stringify(guarded);
  }

  #search(text: string, field: string, isFile = false): string {
    const { text: guarded, found, isHalted } = this.#guard.search(text, field);
    for (const it of found) {
      if (isFile && it.action !== "halt") continue;
      const key = `${it.action} ${it.pattern}`;
      const known = this.#found.get(key);
      if (known === undefined) this.#found.set(key, { ...it, field, matches: 1 });
      else known.matches += 1;
    }
    if (isHalted) throw refused(field, found.findLast(({ action }) => action === "halt")?.pattern);
    return guarded;
  }

  /** One event for each pattern: where it matched first, and how often. */
  events(): LedgerEvent[] {
    return Array.from(
      this.#found.values(),
      ({ action, pattern, field, start, length, matches }) => {
        const place = { field: field.slice(0, 200), start, length, matches };
        return eventOf("request.guard", action, { mode: this.#mode, action, pattern, ...place });
      },
    );
  }
}

function eventOf(kind: string, tag: string, payload: object): LedgerEvent {
  const bytes = new TextEncoder().encode(JSON.stringify(payload));
  return { kind, tag, payload: new Uint8Array(bytes) };
}

/** Whether a text is a file or a signature in base64, by its field and its characters. */
function isEncoded(text: string, name: string): boolean {
  if (text.length < LEAST_ENCODED || !ENCODED_FIELDS.has(name)) return false;
  const [head = ""] = /^data:[^,]{0,255};base64,/.exec(text) ?? [];
  return !NO_BASE64.test(text.slice(head.length));
}

/** What may not go upstream: says what it is, and where, not what it says. */
function refused(field: string, what = "more than may be held"): ApiError {
  const where = field === "" ? "the body" : field.slice(0, 200);
  return new ApiError(400, `The request was not sent on: ${what} in ${where} must not leave.`, {
    code: VIOLATION,
    ...(field !== "" && { param: where }),
  });
}
