// Policies that are signed, swapped and stopped while the Worker serves.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Ed25519Signer } from "interlock-wasm/ledger";
import { haltSets, redactSets } from "interlock-wasm/guard-sets";
import { Envelope, policyRule } from "interlock-wasm/rules";
import { chunk, event, sleep, startUpstream, until } from "./support/upstream.mjs";
import { ask, contentOf, importExample, parseEvents, startWorker } from "./support/worker.mjs";

const { builtIn, strict } = await importExample("src/policy.ts");

const ADMIN_KEY = "nobody-guesses-this";
const signers = [1, 2].map((byte) => {
  const secret = new Uint8Array(32).fill(byte);
  const { verifier } = new Ed25519Signer(`example.com/${byte}`, secret);
  const text = verifier.toString();
  return { secret, text, keyId: text.split("+", 2).join("+") };
});

/** An envelope of a policy, signed by these. */
function signed(version, policy, by = signers.slice(0, 1), ruleId = "answers-delta") {
  const rule = policyRule({ ruleId, version }, policy, [redactSets, haltSets]);
  const envelope = new Envelope(rule);
  for (const { keyId, secret } of by) envelope.sign(keyId, secret);
  return envelope.encode();
}

const admin = async (worker, method, path, { body, key = ADMIN_KEY } = {}) => {
  const headers = key === null ? {} : { authorization: `Bearer ${key}` };
  const response = await fetch(`${worker.origin}/admin/${path}`, {
    method,
    headers,
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
};
const put = (worker, body, id = "answers-delta", options = {}) =>
  admin(worker, "PUT", `rules/${id}`, { body, ...options });
const done = ({ status, body }) => {
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};

/** The version that a new stream gets. */
async function versionOf(worker) {
  const response = await ask(worker.base, {});
  await response.text();
  return response.headers.get("x-interlock-rule");
}

/** Waits until a new stream gets a version, and says how many ms that took. */
async function untilVersion(worker, wanted) {
  const start = performance.now();
  while ((await versionOf(worker)) !== wanted) {
    assert.ok(performance.now() - start < 5000, `${wanted} did not come`);
    await sleep(25);
  }
  return performance.now() - start;
}

describe("signed policies", () => {
  let worker;
  let persist;
  const vars = { ADMIN_KEY, RULE_KEYS: signers.map(({ text }) => text).join(" ") };
  before(async () => {
    persist = await mkdtemp(join(tmpdir(), "interlock-rules-"));
    worker = await startWorker({ vars, persist });
  });
  after(async () => {
    await worker?.stop();
    await rm(persist, { recursive: true, force: true });
  });

  test("until somebody puts one, the Worker's own policy is active", async () => {
    assert.equal(await versionOf(worker), "answers-delta@0");
    assert.equal((await admin(worker, "GET", "rules/answers-delta/history")).status, 404);
  });

  test("who has no key changes nothing", async () => {
    for (const key of [null, "wrong", ""]) {
      const { status, body } = await put(worker, signed(1, strict("delta")), undefined, { key });
      assert.equal(status, 401);
      assert.equal(body.error.code, "admin_key");
    }
    assert.equal(await versionOf(worker), "answers-delta@0");
  });

  test("a signed policy is active within a second", async () => {
    const { from, to } = done(await put(worker, signed(1, builtIn("delta"))));
    assert.deepEqual([from, to], [0, 1]);
    const ms = await untilVersion(worker, "answers-delta@1");
    assert.ok(ms < 2500, `${ms} ms`);
  });

  test("what is not signed, by others, forged, replayed or another rule is refused", async () => {
    const good = signed(5, builtIn("delta"));
    const other = { keyId: signers[0].keyId, secret: new Uint8Array(32).fill(9) };
    const broken = good.replace(
      /("sig":")(.)/,
      (_, start, first) => start + (first === "A" ? "B" : "A"),
    );
    const cases = [
      [signed(5, builtIn("delta"), [other]), "rule-invalid-signature"],
      [broken, "rule-invalid-signature"],
      [signed(1, builtIn("delta")), "rule-duplicate-version"],
      [signed(5, builtIn("delta"), undefined, "answers-sentence"), "wrong_rule"],
      ["{}", "envelope-json"],
      ["", "envelope-json"],
      [good.slice(0, good.length / 2), "envelope-json"],
    ];
    for (const [body, code] of cases) {
      const answer = await put(worker, body);
      assert.equal(answer.status, 409, code);
      assert.equal(answer.body.error.code, code);
    }
    assert.equal((await put(worker, "x".repeat(5 << 20))).status, 413);
    assert.equal(await versionOf(worker), "answers-delta@1");
  });

  test("the strict version decides otherwise, and one call goes back", async () => {
    done(await put(worker, signed(2, strict("delta"), signers)));
    await untilVersion(worker, "answers-delta@2");
    const halted = await (await ask(worker.base, { model: "clean" })).text();
    assert.match(halted, /Stopped by the strict policy/);
    const body = { version: 1 };
    const back = done(await admin(worker, "POST", "rules/answers-delta/rollback", { body }));
    assert.deepEqual([back.from, back.to, back.rollback_available], [2, 1, true]);
    await untilVersion(worker, "answers-delta@1");
    const passed = await (await ask(worker.base, { model: "clean" })).text();
    assert.doesNotMatch(passed, /Stopped/);
    const { active, versions } = done(await admin(worker, "GET", "rules/answers-delta/history"));
    assert.equal(active, 1);
    assert.deepEqual(
      versions.map(({ version, status }) => [version, status]),
      [
        [1, "active"],
        [2, "rolled-back"],
      ],
    );
    for (const [wrong, status] of [
      [{ version: 9 }, 409],
      [{ version: 0 }, 400],
      [{ version: "1" }, 400],
      ["{", 400],
    ]) {
      const { status: found } = await admin(worker, "POST", "rules/answers-delta/rollback", {
        body: wrong,
      });
      assert.equal(found, status, JSON.stringify(wrong));
    }
  });

  test("all of it is kept over a restart", async () => {
    await worker.stop();
    worker = await startWorker({ vars, persist });
    assert.equal(await versionOf(worker), "answers-delta@1");
    const body = { version: 2 };
    done(await admin(worker, "POST", "rules/answers-delta/reload", { body }));
    await untilVersion(worker, "answers-delta@2");
  });

  test("every call is in the ledger, those that were refused, too", async () => {
    const { nodes } = done(await admin(worker, "GET", "ledger"));
    const found = nodes.map(({ kind, tags }) => `${kind} ${tags}`);
    for (const kind of ["rules.put done", "rules.put refused", "rules.rollback done"]) {
      assert.ok(found.includes(kind), `${kind}: ${found}`);
    }
    assert.ok(nodes.some(({ payload }) => JSON.parse(payload).status === 401));
    assert.ok(nodes.every(({ payload }) => !payload.includes(ADMIN_KEY)));
  });

  test("administrators are rate limited, and strangers are before them", async () => {
    let limited;
    for (let i = 0; i < 40 && limited?.status !== 429; i += 1) {
      limited = await admin(worker, "GET", "ledger", { key: "wrong" });
    }
    assert.equal(limited.status, 429);
    assert.ok(Number(limited.headers.get("retry-after")) > 0);
    assert.equal((await admin(worker, "GET", "ledger")).status, 200, "others are not in the way");
    let own;
    for (let i = 0; i < 120 && own?.status !== 429; i += 1)
      own = await admin(worker, "GET", "ledger");
    assert.equal(own.status, 429);
  });
});

test("an emergency stop ends an answer in one piece with the status of one", async () => {
  const upstream = await startUpstream((response) => {
    response.setHeader("content-type", "application/json");
    response.write('{"id":"chatcmpl-test",');
  });
  const vars = { ADMIN_KEY, RULE_KEYS: signers[0].text, UPSTREAM_URL: upstream.url };
  const worker = await startWorker({ vars });
  try {
    const id = "answers-sentence";
    done(await put(worker, signed(1, builtIn("sentence"), signers.slice(0, 1), id), id));
    await sleep(1100);
    const asked = ask(worker.base, { stream: false });
    await until(() => upstream.counts.opened === 1, "the upstream is asked");
    done(await admin(worker, "POST", `rules/${id}/stop`));
    const stopped = await asked;
    assert.equal(stopped.status, 503);
    assert.equal(stopped.headers.get("x-interlock-rule"), `${id}@1`);
    const { error } = await stopped.json();
    assert.deepEqual([error.type, error.code], ["server_error", "emergency_stop"]);
    await until(() => upstream.counts.cancelled === 1, "the upstream is cancelled");
  } finally {
    await worker.stop();
    await upstream.stop();
  }
});

test("a stream finishes on the version that it began with, and an emergency stop ends it", async () => {
  const said = [];
  const upstream = await startUpstream(async (response) => {
    said.push(response);
    response.write(event(chunk("Charge the battery indoors, at 35 degrees at most.")));
  });
  const vars = { ADMIN_KEY, RULE_KEYS: signers[0].text, UPSTREAM_URL: upstream.url };
  const worker = await startWorker({ vars });
  try {
    done(await put(worker, signed(1, builtIn("delta"))));
    await sleep(1100);
    const begin = async () => {
      const response = await ask(worker.base, {});
      const text = response.text();
      return { rule: response.headers.get("x-interlock-rule"), text };
    };
    const old = await begin();
    assert.equal(old.rule, "answers-delta@1");
    done(await put(worker, signed(2, strict("delta"))));
    await sleep(1100);
    const next = await begin();
    assert.equal(next.rule, "answers-delta@2");
    // What the strict version halts at, the old one lets pass.
    // The last word is held: it may be the start of an address.
    for (const response of said) response.write(event(chunk(" The weather may be nice.")));
    assert.match(await next.text, /Stopped by the strict policy/);
    await sleep(200);

    done(await admin(worker, "POST", "rules/answers-delta/stop"));
    const start = performance.now();
    const ending = await old.text;
    assert.ok(performance.now() - start < 3000, "the stream that runs halts");
    assert.match(contentOf(parseEvents(ending).data), /^Charge.*The weather may be \[Stopped/s);
    const refused = await ask(worker.base, {});
    assert.equal(refused.status, 503);
    assert.equal((await refused.json()).error.code, "emergency_stop");
    done(await admin(worker, "POST", "rules/answers-delta/resume"));
    await sleep(1100);
    const again = await begin();
    assert.equal(again.rule, "answers-delta@2");
    said.at(-1).end(event(chunk(null, "stop")) + event("[DONE]"));
    await again.text;
  } finally {
    await worker.stop();
    await upstream.stop();
  }
});

test("without keys nothing is taken, and without a key nobody is an administrator", async () => {
  const upstream = await startUpstream((response) => response.end());
  const worker = await startWorker({ vars: { ADMIN_KEY, UPSTREAM_URL: upstream.url } });
  const open = await startWorker();
  try {
    const { status, body } = await put(worker, signed(1, builtIn("delta")));
    assert.deepEqual([status, body.error.code], [403, "no_keys"]);
    for (const key of ["", "undefined", null]) {
      assert.equal((await put(open, signed(1, builtIn("delta")), undefined, { key })).status, 401);
    }
  } finally {
    await Promise.all([worker.stop(), open.stop(), upstream.stop()]);
  }
});
