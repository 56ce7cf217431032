// Every protocol that comes as events, nothing withheld, no scorer: 16 KB reads and an event a read, against a parser of
// server-sent events, JSON.parse to look at each, JSON.stringify to send it on. A session gives back the chunk itself where
// all of it may leave; the rows of copies say what that spares, which is most of an event's time: memory of its own. The
// share of a text guard is that of the middle round, since it is a small difference of two things: the same stream with and
// without the guard, in turns within the round, the fastest of each.

import { createParser } from "eventsource-parser";
import { GuardTables, Session } from "interlock-wasm";
import { haltSets } from "interlock-wasm/guard-sets";
import { atMost, takeTurns, timesFaster } from "../../scripts/bench-rows.mjs";

const EVENTS = 3000;
const CHUNK = 16_384;
/** How often a round takes both of which one is a little slower. */
const TURNS = 5;

const encoder = new TextEncoder();
const word = (i) => ` word${i}${i % 7 === 0 ? ' "quoted" \n' : ""}`;

/** An event of ordinary size with one piece of text, and the last ones. */
const protocols = {
  "openai-responses": {
    delta: (i) => ({
      type: "response.output_text.delta",
      content_index: 0,
      delta: word(i),
      item_id: "msg_0a63f40a2632b74300699f881bfbc88196aec38f30c3dd24b0",
      logprobs: [],
      obfuscation: "a8Jk2LpQ",
      output_index: 2,
      sequence_number: i,
    }),
    end: [{ type: "response.completed", response: { status: "completed", output: [] } }],
  },
  anthropic: {
    delta: (i) => ({
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text: word(i) },
    }),
    end: [{ type: "message_stop" }],
  },
  gemini: {
    delta: (i) => ({
      candidates: [{ content: { parts: [{ text: word(i) }], role: "model" }, index: 0 }],
      usageMetadata: { promptTokenCount: 12, candidatesTokenCount: i, totalTokenCount: i + 12 },
      modelVersion: "model-2026-10-01",
      responseId: "Q1r7Zl0bq2Yp8nUeT5kXw3VaM9cD4",
    }),
    end: [{ candidates: [{ content: { parts: [{ text: "" }] }, finishReason: "STOP" }] }],
  },
  "ui-message": {
    delta: (i) => ({
      type: "text-delta",
      id: "msg_0a63f40a2632b74300699f8818e5648196",
      delta: word(i),
    }),
    end: [{ type: "finish", finishReason: "stop" }],
  },
};

function streamOf({ delta, end }) {
  const events = [...Array.from({ length: EVENTS - end.length }, (_, i) => delta(i)), ...end];
  const eachAlone = events.map((event) => {
    const name = event.type?.match(/^response|_/) ? `event: ${event.type}\n` : "";
    return encoder.encode(`${name}data: ${JSON.stringify(event)}\n\n`);
  });
  const all = Buffer.concat(eachAlone);
  const inChunks = [];
  for (let at = 0; at < all.length; at += CHUNK)
    inChunks.push(new Uint8Array(all.subarray(at, at + CHUNK)));
  return { eachAlone, inChunks, total: all.length };
}

/** The parser's way, as a function of chunks. */
function reserialiser() {
  const decoder = new TextDecoder();
  let out = "";
  const parser = createParser({
    onEvent({ event, data }) {
      if (event !== undefined) out += `event: ${event}\n`;
      out += `data: ${JSON.stringify(JSON.parse(data))}\n\n`;
    },
  });
  return (chunk) => {
    parser.feed(decoder.decode(chunk, { stream: true }));
    const bytes = encoder.encode(out);
    out = "";
    return bytes;
  };
}

/** Microseconds an event. */
function timed(chunks, total, convert) {
  const started = performance.now();
  let bytes = 0;
  for (const chunk of chunks) bytes += convert(chunk).length;
  const us = ((performance.now() - started) * 1000) / EVENTS;
  if (bytes !== total) throw new Error(`${bytes} bytes came out, not ${total}`);
  return us;
}

/** A text guard that searches for keys, which are not there. */
const KEYS = {
  guard: { rules: [{ sets: ["api-keys", "private-keys", "json-web-tokens"], action: "halt" }] },
};

function guarded(dialect, chunks, total, policy = {}, tables = undefined) {
  const session = new Session(policy, dialect, tables);
  const us = timed(chunks, total, (chunk) => session.transform(chunk));
  session.free();
  return us;
}

/** As {@link guarded}, with a copy of what leaves. */
function copied(dialect, chunks, total) {
  const session = new Session({}, dialect);
  const us = timed(chunks, total, (chunk) => {
    session.feed(chunk);
    return session.takeOutput();
  });
  session.free();
  return us;
}

export async function dialectRows() {
  const rows = [];
  const tables = new GuardTables(haltSets);
  for (const [dialect, protocol] of Object.entries(protocols)) {
    const { eachAlone, inChunks, total } = streamOf(protocol);
    const shares = [];
    const best = await takeTurns(
      {
        chunks: () => guarded(dialect, inChunks, total),
        searched() {
          let [plain, searched] = [Infinity, Infinity];
          for (let turn = 0; turn < TURNS; turn += 1) {
            plain = Math.min(plain, guarded(dialect, inChunks, total));
            searched = Math.min(searched, guarded(dialect, inChunks, total, KEYS, tables));
          }
          shares.push(1 - plain / searched);
          return searched;
        },
        parser: () => timed(inChunks, total, reserialiser()),
        alone: () => guarded(dialect, eachAlone, total),
        copied: () => copied(dialect, eachAlone, total),
        parserAlone: () => timed(eachAlone, total, reserialiser()),
      },
      { rounds: 15 },
    );
    const name = `js/${dialect}`;
    rows.push(
      atMost(`${name}, 16 KB a read`, best.chunks.scaled, "us an event", 2),
      timesFaster(
        `${name}, 16 KB a read, against a parser`,
        best.chunks.min,
        "us an event",
        best.parser.min,
        2,
      ),
      atMost(
        `${name}, 16 KB a read, share of a text guard for keys`,
        Math.max(0, shares.sort((a, b) => a - b)[shares.length >> 1]),
        "of its time",
        0.15,
      ),
      atMost(`${name}, an event a read`, best.alone.scaled, "us an event", 2),
      timesFaster(
        `${name}, an event a read, against a parser`,
        best.alone.min,
        "us an event",
        best.parserAlone.min,
        2,
      ),
      {
        name: `${name}, an event a read, as a copy, against a parser`,
        value: best.copied.min,
        unit: "us an event",
        baseline: best.parserAlone.min,
        ratio: best.parserAlone.min / best.copied.min,
      },
    );
  }
  return rows;
}
