// Requests that cannot be served: each gets an OpenAI error with the right status, and says what is wrong.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startWorker } from "./support/worker.mjs";

let worker;
before(async () => {
  worker = await startWorker();
});
after(() => worker?.stop());

const valid = { model: "clean", messages: [{ role: "user", content: "Hello" }] };

const cases = [
  { name: "JSON that is none", body: '{"model":', status: 400, says: /not JSON/ },
  { name: "no body", body: "", status: 400, says: /not JSON/ },
  { name: "an array", body: "[]", status: 400, says: /must be a JSON object/ },
  { name: "null", body: "null", status: 400, says: /must be a JSON object/ },
  {
    name: "no model",
    body: { ...valid, model: undefined },
    status: 400,
    param: "model",
    says: /model must be/,
  },
  {
    name: "a model that is a number",
    body: { ...valid, model: 4 },
    status: 400,
    param: "model",
    says: /model must be/,
  },
  {
    name: "a model from the prototype",
    body: { ...valid, model: "constructor" },
    status: 404,
    param: "model",
    says: /does not exist/,
  },
  {
    name: "no messages",
    body: { model: "clean" },
    status: 400,
    param: "messages",
    says: /non-empty array/,
  },
  {
    name: "empty messages",
    body: { ...valid, messages: [] },
    status: 400,
    param: "messages",
    says: /non-empty array/,
  },
  {
    name: "a message without role",
    body: { ...valid, messages: [{}] },
    status: 400,
    param: "messages",
    says: /role/,
  },
  {
    name: "stream that is a word",
    body: { ...valid, stream: "yes" },
    status: 400,
    param: "stream",
    says: /true or false/,
  },
  {
    name: "an unknown model",
    body: { ...valid, model: "gpt-0" },
    status: 404,
    param: "model",
    says: /"gpt-0" does not exist/,
  },
  {
    name: "another content type",
    body: valid,
    type: "text/plain",
    status: 415,
    says: /"text\/plain".*application\/json/,
  },
  {
    name: "GET",
    method: "GET",
    status: 405,
    allow: "POST",
    says: /GET is not allowed here; use POST/,
  },
  {
    name: "POST to the models",
    method: "POST",
    path: "/v1/models",
    body: valid,
    status: 405,
    allow: "GET",
    says: /use GET/,
  },
  {
    name: "an unknown path",
    method: "GET",
    path: "/v1/embeddings",
    status: 404,
    says: /nothing at \/v1\/embeddings/,
  },
];

for (const {
  name,
  method = "POST",
  path = "/v1/chat/completions",
  body,
  type = "application/json",
  ...expected
} of cases) {
  test(name, async () => {
    const response = await fetch(`${worker.origin}${path}`, {
      method,
      ...(method === "POST" && {
        headers: { "content-type": type },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    });
    assert.equal(response.status, expected.status);
    assert.equal(response.headers.get("allow"), expected.allow ?? null);
    const { error } = await response.json();
    assert.match(error.message, expected.says);
    assert.equal(error.type, "invalid_request_error");
    assert.equal(error.param, expected.param ?? null);
  });
}

test("lone surrogates in a request do no harm", async () => {
  const response = await fetch(`${worker.origin}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"model":"\\ud800","messages":[{"role":"user","content":"\\udfff"}]}',
  });
  assert.equal(response.status, 404);
  assert.equal((await response.json()).error.code, "model_not_found");
});
