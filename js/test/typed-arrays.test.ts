// Typed arrays of other makes: none is written beyond its room, none ends the instance that it is given to.

import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import {
  ArgumentError,
  GuardTables,
  Session,
  StreamMonitor,
  guardStream,
  logitEntropy,
} from "interlock-wasm";
import { Budget } from "interlock-wasm/covenant";
import * as ledger from "interlock-wasm/ledger";
import { sinCosAll } from "interlock-wasm/physics";
import { CompiledRule, RuleRegistry, TrustedKeys } from "interlock-wasm/rules";
import { trendDrop } from "interlock-wasm/signals";

/** Of any elements. */
type Kind = typeof Uint8Array;

const Numbers = Float64Array as unknown as Kind;
const Indices = Uint32Array as unknown as Kind;

/** By what they are: arrays that may be given where one of the kind is wanted. */
type Arrays = Record<string, never>;

const arrays = (all: Record<string, unknown>): Arrays => all as Arrays;

const heir = (array: object, prototype: object | null): unknown =>
  Object.setPrototypeOf(array, prototype);

const growable = (bytes: number): ArrayBuffer =>
  Reflect.construct(SharedArrayBuffer, [bytes, { maxByteLength: 1 << 16 }]) as ArrayBuffer;

const resizable = (bytes: number) =>
  Reflect.construct(ArrayBuffer, [bytes, { maxByteLength: 1 << 16 }]) as ArrayBuffer & {
    resize(bytes: number): void;
  };

/** Arrays that say something else of their length than it is, or nothing that would stay. */
function forged(Kind: Kind): Arrays {
  const own = (elements: number, length: number) =>
    Object.defineProperty(new Kind(elements), "length", { value: length });
  class Short extends Kind {
    override get length(): number {
      return 1;
    }
  }
  class Changing extends Kind {
    #asked = 0;
    override get length(): number {
      this.#asked += 1;
      return this.#asked < 3 ? this.byteLength / this.BYTES_PER_ELEMENT : 1;
    }
  }
  const lying = Object.create(Kind.prototype, { length: { get: () => 3 } }) as object;
  const bound = Object.create(Kind.prototype, {
    length: { get: Math.min.bind(undefined, 3) },
  }) as object;
  return arrays({
    "an own length, too short": own(4096, 1),
    "an own length, too long": own(2, 4096),
    "a class that says too little": new Short(4096),
    "a class that changes its mind": new Changing(4096),
    "a prototype of its own": heir(new Kind(4096), lying),
    "a prototype with a function of the engine": heir(new Kind(4096), bound),
    "a prototype without one": heir(new Kind(4096), null),
    "no array at all": Object.create(Kind.prototype) as unknown,
    "a proxy": new Proxy(new Kind(8), {}),
    "another kind": heir(new Uint16Array(8), class extends Kind {}.prototype),
    "memory that others may make longer": new Kind(growable(64)),
  });
}

/** Arrays whose memory is gone. */
function gone(Kind: Kind): Arrays {
  const transferred = new Kind(8);
  structuredClone(transferred.buffer, { transfer: [transferred.buffer] });
  const memory = resizable(64);
  const cut = new Kind(memory, 32, 2);
  memory.resize(16);
  return arrays({ transferred, "cut off": cut });
}

/** Arrays that are good, with some elements. */
function good(Kind: Kind, values: readonly number[]): Arrays {
  const own = Kind.from(values);
  const filled = (buffer: ArrayBufferLike): unknown => {
    const array = new Kind(buffer as ArrayBuffer);
    array.set(own);
    return array;
  };
  class Subclass extends Kind {}
  return arrays({
    "an own one": own,
    "one of a class": Subclass.from(values),
    "one of another realm": runInNewContext(
      `${Kind.name}.from(${JSON.stringify(values)})`,
    ) as unknown,
    "shared memory": filled(new SharedArrayBuffer(own.byteLength)),
    "memory that can be resized": filled(resizable(own.byteLength)),
  });
}

const text = (): Session => new Session({}, "text");
const budget = (): Budget => new Budget({ tokens: 1000 });

/** By name: what takes bytes. */
const takeBytes: Record<string, (bytes: Uint8Array) => unknown> = {
  "Session.feed": (bytes) => {
    text().feed(bytes);
  },
  "Session.transform": (bytes) => text().transform(bytes),
  GuardTables: (bytes) => new GuardTables({ bytes, sha256: "00".repeat(32) }),
  "CompiledRule.decode": (bytes) => CompiledRule.decode(bytes),
  "RuleRegistry.restore": (bytes) => RuleRegistry.restore(bytes),
  TrustedKeys: (publicKey) => new TrustedKeys([{ keyId: "a", publicKey }]),
  leafHash: (bytes) => ledger.leafHash(bytes),
  withPayload: (bytes) => ledger.withPayload(new Uint8Array(4), bytes),
  verifyInclusion: (bytes) => {
    ledger.verifyInclusion(bytes, 0, 1, [], bytes);
  },
  FileWriter: (bytes) => new ledger.FileWriter(bytes),
  "Note.parse": (bytes) => ledger.Note.parse(bytes),
  readLedger: (bytes) => ledger.readLedger(bytes),
};

/** By name: what takes numbers, and gives the same for the same ones. */
const takeNumbers: Record<string, (numbers: Float64Array) => unknown> = {
  "StreamMonitor.pushMany": (numbers) => new StreamMonitor().pushMany(numbers),
  logitEntropy: (numbers) => logitEntropy(numbers),
  "Budget.reserveMany": (numbers) => budget().reserveMany("tokens", numbers).length,
  sinCosAll: (numbers) => [...sinCosAll(numbers).sines],
  trendDrop: (numbers) => trendDrop(numbers),
};

const isRefused = (error: unknown): boolean => error instanceof ArgumentError;

for (const [name, take] of Object.entries(takeBytes)) {
  test(`${name} refuses bytes that are forged or gone, and goes on`, async () => {
    const all = { ...forged(Uint8Array), ...gone(Uint8Array) };
    for (const [what, bytes] of Object.entries(all)) {
      // eslint-disable-next-line @typescript-eslint/require-await -- some throw at once
      await assert.rejects(async () => take(bytes), isRefused, what);
    }
    assert.equal(text().transform(Uint8Array.of(65)).length, 1);
    assert.equal(ledger.leafHash(new Uint8Array(1)).length, 32);
    assert.equal(new RuleRegistry().list().length, 0);
  });
}

test("a session takes bytes of every make", () => {
  for (const [what, bytes] of Object.entries(good(Uint8Array, [72, 105, 46]))) {
    const session = text();
    assert.deepEqual([...session.transform(bytes)], [72, 105, 46], what);
    const fed = text();
    fed.feed(bytes);
    assert.equal(new TextDecoder().decode(fed.takeOutput()), "Hi.", what);
  }
  const session = text();
  const chunk = Buffer.from("Hi.");
  assert.equal(session.transform(chunk), chunk);
  assert.equal(session.transform(new Uint8Array(0)).length, 0);
});

test("a guarded stream errors for a chunk that is gone, and the next one runs", async () => {
  for (const [what, chunk] of Object.entries({ ...forged(Uint8Array), ...gone(Uint8Array) })) {
    const guard = guardStream({ dialect: "text" });
    const writer = guard.writable.getWriter();
    const read = guard.readable.getReader().read();
    await assert.rejects(writer.write(chunk), isRefused, what);
    await assert.rejects(read, isRefused, what);
  }
  const guard = guardStream({ dialect: "text" });
  const writer = guard.writable.getWriter();
  const closed = writer.write(new TextEncoder().encode("Hi.")).then(() => writer.close());
  assert.equal(await new Response(guard.readable).text(), "Hi.");
  await closed;
});

test("a chunk that a callback transfers breaks its stream off, and no other", async () => {
  const chunk = new TextEncoder().encode("One. Two. ".repeat(10_000));
  const guard = guardStream({
    dialect: "text",
    policy: { segments: { unit: "sentence" } },
    scorer: () => {
      if (chunk.length > 0) structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
      return 1;
    },
  });
  const writer = guard.writable.getWriter();
  writer.write(chunk).catch(() => undefined);
  await assert.rejects(new Response(guard.readable).text());
  assert.equal((await guard.record).halt?.reason, "emergency-stop");
  assert.equal(text().transform(Uint8Array.of(65)).length, 1);
});

for (const [name, take] of Object.entries(takeNumbers)) {
  test(`${name} refuses numbers that are forged, and goes on`, () => {
    const expected = take(Float64Array.of(0, 0));
    for (const [what, numbers] of Object.entries(forged(Numbers))) {
      assert.throws(() => take(numbers), isRefused, what);
    }
    for (const [what, numbers] of Object.entries(good(Numbers, [0, 0]))) {
      assert.deepEqual(take(numbers), expected, what);
    }
    const outcome = (numbers: Float64Array): unknown => {
      try {
        return take(numbers);
      } catch (error) {
        return (error as ArgumentError).code;
      }
    };
    for (const [what, numbers] of Object.entries(gone(Numbers))) {
      assert.deepEqual(outcome(numbers), outcome(new Float64Array(0)), what);
    }
    assert.deepEqual(take(Float64Array.of(0, 0)), expected);
  });
}

test("settling reservations in one crossing stays in its room", () => {
  const own = budget();
  const reserved = own.reserveMany("tokens", [1, 2, 3]);
  for (const [what, numbers] of Object.entries(forged(Numbers))) {
    assert.throws(
      () => {
        own.commitMany(numbers, [1, 2, 3]);
      },
      isRefused,
      what,
    );
    assert.throws(
      () => {
        own.commitMany(reserved, numbers);
      },
      isRefused,
      what,
    );
  }
  for (const numbers of Object.values(gone(Numbers))) {
    assert.throws(() => {
      own.commitMany(reserved, numbers);
    }, isRefused);
  }
  own.commitMany(reserved, [1, 2, 3]);
  assert.equal(own.balance("tokens")?.spent, 6);
});

test("indices of proofs are held to the same", () => {
  const log = new ledger.TraceLedger();
  log.append({ id: "a", origin: "here", timestamp: 0 });
  for (const [what, indices] of Object.entries(forged(Indices))) {
    assert.throws(() => log.inclusionPaths(indices), isRefused, what);
  }
  for (const indices of Object.values(gone(Indices))) {
    assert.equal(log.inclusionPaths(indices).length, 0);
  }
  for (const [what, indices] of Object.entries(good(Indices, [0]))) {
    assert.equal(log.inclusionPaths(indices).length, 1, what);
  }
});

test("a list that throws while it is read is no trap", () => {
  const monitor = new StreamMonitor();
  let asked = 0;
  const scores = [0.9, 0.9];
  Object.defineProperty(scores, 1, {
    get: () => {
      asked += 1;
      if (asked > 1) throw new RangeError("not again");
      return 0.9;
    },
  });
  assert.throws(() => monitor.pushMany(scores), /not again/);
  assert.deepEqual(monitor.pushMany([0.9]), { consumed: 1, warnings: 0 });
});

test("a ledger's file keeps the id that it was opened with", async () => {
  const id = crypto.getRandomValues(new Uint8Array(16));
  const wanted = [...id];
  const opened = ledger.LedgerFile.open(new ledger.MemoryStorage(), { id });
  structuredClone(id.buffer, { transfer: [id.buffer] });
  assert.deepEqual([...(await opened).id], wanted);
});
