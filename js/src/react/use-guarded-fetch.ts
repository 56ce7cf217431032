/**
 * Guarding on the client, in React: a `fetch` whose answers are guarded in the browser, and what the guard says of them as
 * state. It runs on the wasm of the main entry point.
 *
 * @module
 */

import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import {
  type GuardEvent,
  type GuardedFetchOptions,
  type SessionRecord,
  type VerdictEvent,
  guardedFetch,
} from "../index.js";

/** What the guard says of the last answer that was asked for. */
export interface GuardedFetchState {
  /**
   * `idle` before the first answer, `streaming` while one is awaited and read, then how it ended: `abandoned` when the
   * component or whoever read it has left.
   */
  readonly status: "idle" | "streaming" | "completed" | "halted" | "failed" | "abandoned";
  /** The last verdict. */
  readonly verdict: VerdictEvent | undefined;
  /** The matches of the policy's patterns so far. */
  readonly matches: readonly GuardEvent[];
  /** The account, when the answer is over. */
  readonly record: SessionRecord | undefined;
}

/** What {@link useGuardedFetch} gives. */
export interface GuardedFetch extends GuardedFetchState {
  /** Fetches; the same function in every render. */
  readonly fetch: typeof globalThis.fetch;
  /** Stops what is running: answers halt with the reason `emergency-stop`. The same function in every render. */
  readonly stop: () => void;
}

const IDLE: GuardedFetchState = {
  status: "idle",
  verdict: undefined,
  matches: [],
  record: undefined,
};

/**
 * A `fetch` for client libraries in the browser whose answers are guarded there, and what the guard says of the last one:
 *
 * ```jsx
 * import { useChat } from "@ai-sdk/react";
 * import { DefaultChatTransport } from "ai";
 * import { useGuardedFetch } from "interlock-wasm/react";
 *
 * function Chat() {
 *   const { fetch, status, record, stop } = useGuardedFetch({ scorer: ({ text }) => score(text) });
 *   const [transport] = useState(() => new DefaultChatTransport({ fetch }));
 *   const { messages, sendMessage } = useChat({ transport });
 *   …
 * }
 * ```
 *
 * An answer keeps the options of the render in which it was asked for. When the component is gone, so are its answers: their
 * upstream is cancelled.
 *
 * @param options - those of `guardedFetch`; callbacks are called as well
 */
export function useGuardedFetch(options: GuardedFetchOptions = {}): GuardedFetch {
  const [store] = useState(() => new Store(options));
  useEffect(() => {
    store.options = options;
  });
  useEffect(() => store.mount(), [store]);
  const state = useSyncExternalStore(store.subscribe, store.snapshot, () => IDLE);
  return useMemo(() => ({ ...state, fetch: store.fetch, stop: store.stop }), [state, store]);
}

/** What outlives renders. */
class Store {
  options: GuardedFetchOptions;
  #state = IDLE;
  /** The last request: others have no say in the state. */
  #last: symbol | undefined;
  #gone = new AbortController();
  readonly #running = new Set<AbortController>();
  readonly #listeners = new Set<() => void>();

  constructor(options: GuardedFetchOptions) {
    this.options = options;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): GuardedFetchState => this.#state;

  readonly stop = (): void => {
    for (const running of this.#running) running.abort();
  };

  /** The component is there. */
  mount(): () => void {
    if (this.#gone.signal.aborted) this.#gone = new AbortController();
    return () => {
      this.#gone.abort();
    };
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const { fetch = globalThis.fetch, signal, clientSignal, ...options } = this.options;
    const id = (this.#last = Symbol("request"));
    const stop = new AbortController();
    const gone = new AbortController();
    const unlink = [
      follow(stop, signal),
      follow(gone, clientSignal),
      follow(gone, this.#gone.signal),
      () => this.#running.delete(stop),
    ];
    const over = (): void => {
      for (const it of unlink) it();
    };
    this.#running.add(stop);
    this.#set(id, { ...IDLE, status: "streaming" });
    let raw: Response | undefined;
    const guarded = guardedFetch({
      ...options,
      signal: stop.signal,
      clientSignal: gone.signal,
      fetch: async (...request) => (raw = await fetch(...request)),
      onVerdict: (verdict) => {
        options.onVerdict?.(verdict);
        this.#set(id, { verdict });
      },
      onMatch: (match) => {
        options.onMatch?.(match);
        this.#set(id, { matches: [...this.#state.matches, match] });
      },
      onEnd: (record) => {
        over();
        this.#set(id, { status: statusOf(record), record });
        options.onEnd?.(record);
      },
    });
    try {
      const response = await guarded(input, init);
      // Not an answer of a model, or an error: nothing is guarded.
      if (response !== raw) return response;
      over();
      this.#set(id, { status: response.ok ? "idle" : "failed" });
      return response;
    } catch (error) {
      over();
      this.#set(id, { status: gone.signal.aborted ? "abandoned" : "failed" });
      throw error;
    }
  };

  #set(id: symbol, change: Partial<GuardedFetchState>): void {
    if (id !== this.#last) return;
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

function statusOf({ state }: SessionRecord): GuardedFetchState["status"] {
  return state === "open" || state === "ending" ? "abandoned" : state;
}

/** Aborts with the signal, until what this gives is called. */
function follow(controller: AbortController, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => undefined;
  const abort = (): void => {
    controller.abort(signal.reason);
  };
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  return () => {
    signal.removeEventListener("abort", abort);
  };
}
