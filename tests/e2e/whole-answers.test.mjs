// Answers in one piece that come to no good end: the status says why.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startUpstream } from "./support/upstream.mjs";
import { ask, startWorker } from "./support/worker.mjs";

let answer = () => {};
let upstream;
let worker;
before(async () => {
  upstream = await startUpstream((response, ...request) => {
    response.setHeader("content-type", "application/json");
    return answer(response, ...request);
  });
  worker = await startWorker({ vars: { UPSTREAM_URL: upstream.url } });
});
after(async () => {
  await worker?.stop();
  await upstream?.stop();
});

/** A completion with calls that the grant allows. */
function withCalls(count) {
  const call = { name: "read_manual", arguments: '{"page":"battery/charging"}' };
  const calls = Array.from({ length: count }, (_, i) => ({
    id: `call-${i}`,
    type: "function",
    function: call,
  }));
  const message = { role: "assistant", content: null, tool_calls: calls };
  return JSON.stringify({
    id: "chatcmpl-test",
    object: "chat.completion",
    created: 1,
    model: "scripted",
    choices: [{ index: 0, message, finish_reason: "tool_calls" }],
  });
}

/** The last event in the ledger of the stream of an answer. */
async function endOf(response) {
  const stream = response.headers.get("x-interlock-stream");
  const { nodes } = await (await fetch(`${worker.base}/ledger?stream=${stream}`)).json();
  return nodes[0];
}

test("calls that an answer has no budget for are cut out of it", async () => {
  answer = (response) => response.end(withCalls(8));
  const whole = await ask(worker.base, { stream: false });
  assert.equal(whole.status, 200);
  assert.equal((await whole.json()).choices[0].message.tool_calls.length, 8);

  answer = (response) => response.end(withCalls(9));
  const spent = await ask(worker.base, { stream: false });
  assert.equal(spent.status, 200);
  const { choices } = await spent.json();
  assert.equal(choices[0].message.tool_calls.length, 8);
  assert.equal(choices[0].finish_reason, "content_filter");
  assert.deepEqual((await endOf(spent)).tags, ["halted"]);
});

test("an error of the upstream that calls itself an answer is one", async () => {
  answer = (response) => response.end(JSON.stringify({ error: { message: "Overloaded." } }));
  const failed = await ask(worker.base, { stream: false });
  assert.equal(failed.status, 502);
  const { error } = await failed.json();
  assert.deepEqual([error.type, error.code], ["upstream_error", "upstream_failed"]);
  assert.deepEqual((await endOf(failed)).tags, ["failed"]);
});
