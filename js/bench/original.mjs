// The original's way: each token goes in as a string, and after each one the whole session so far comes out, serialised.
// Written anew from its description, in plain JavaScript and with the engine's own JSON: what it costs is in the way, not
// in the language.

import { StreamMonitor } from "interlock-wasm";
import { takeTurns, timesFaster } from "../../scripts/bench-rows.mjs";

const TOKENS = 1000;

class OriginalKernel {
  constructor() {
    this.window = [];
    this.session = {
      tokens: [],
      coherence_history: [],
      events: [],
      halted: false,
      halt_index: 0,
      halt_reason: "",
      start_time: 0,
      end_time: 0,
    };
  }

  process(token, coherence) {
    const { session, window } = this;
    session.tokens.push(token);
    session.coherence_history.push(coherence);
    window.push(coherence);
    if (window.length > 10) window.shift();
    let reason = "";
    if (coherence < 0.5) reason = `hard_limit (${coherence.toFixed(4)} < 0.5)`;
    const average = window.reduce((sum, score) => sum + score, 0) / window.length;
    if (!reason && window.length >= 10 && average < 0.55)
      reason = `window_avg (${average.toFixed(4)} < 0.55)`;
    const history = session.coherence_history;
    const drop = history.length >= 5 ? history[history.length - 5] - coherence : 0;
    if (!reason && drop > 0.15) reason = `downward_trend (${drop.toFixed(4)} > 0.15)`;
    session.halted = reason !== "";
    session.halt_reason = reason;
    const index = session.events.length;
    session.events.push({ token, index, coherence, timestamp: 0, halted: session.halted });
    return JSON.stringify(session);
  }
}

export async function originalRows() {
  const tokens = Array.from({ length: TOKENS }, (_, i) => `token${i} `);
  const scores = tokens.map((_, i) => 0.85 + (i % 10) / 100);
  const STREAMS = 300;
  const things = {
    original: () => {
      const kernel = new OriginalKernel();
      const started = performance.now();
      let bytes = 0;
      tokens.forEach((token, i) => {
        bytes += kernel.process(token, scores[i]).length;
      });
      const ms = performance.now() - started;
      if (bytes < TOKENS || kernel.session.halted)
        throw new Error("the stream did not run through");
      return ms;
    },
    ours: () => {
      let ms = 0;
      for (let stream = 0; stream < STREAMS; stream += 1) {
        const monitor = new StreamMonitor();
        const started = performance.now();
        let halts = 0;
        for (const score of scores) if (monitor.push(score).outcome === "halt") halts += 1;
        ms += performance.now() - started;
        monitor.free();
        if (halts > 0) throw new Error("the stream did not run through");
      }
      return ms / STREAMS;
    },
  };
  for (const work of Object.values(things)) work();
  const { ours, original } = await takeTurns(things);
  return [
    timesFaster("js/1,000 tokens, against the original's way", ours.min, "ms", original.min, 5000),
  ];
}
