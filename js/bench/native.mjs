// Ledger, covenant and operad through wasm, beside the same work done natively: core/benches/native.rs, which takes turns
// with it in every round. What a call costs here includes that it crosses into the module, with its texts.
//
// A call into the module takes longer than the shortest of these works, whatever is in it. So those are compared as a
// hot path has them: in many, with numbers alone where that is all there is. Natively each stays a call of its own, as a hot
// path there has them; what is proved, allowed or reserved is the same. One call at a time is said on a line that is no row.
//
// Wasm has no instructions for SHA-256. What does nothing but hash is held against the same natively without them, in a
// build of its own; how it stands beside those instructions, or lanes of AVX-512, is said on a line that is no row.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Budget, Enforcer, Grant } from "interlock-wasm/covenant";
import { TraceLedger, verifyInclusion } from "interlock-wasm/ledger";
import { AgentOperad } from "interlock-wasm/operad";
import { nsPerCall, takeTurns, timesFaster } from "../../scripts/bench-rows.mjs";
import { root } from "../../scripts/lib/shell.mjs";

const NODES = 20_000;
/** Nodes that are appended and hashed at a time, and reservations that are made and settled. */
const SOME = 1000;
const FEATURES = "permission-index,ledger,operad";

/** The native work, by name; with `inSoftware` without instructions for SHA-256. */
function startNative({ inSoftware = false } = {}) {
  const folder = process.env.CARGO_TARGET_DIR ?? "target";
  const args = `bench -q --locked -p interlock-core --features ${FEATURES} --bench native`.split(
    " ",
  );
  const env = { ...process.env };
  if (inSoftware) {
    args.push("--target-dir", `${folder}/in-software`);
    env.RUSTFLAGS = `${env.RUSTFLAGS ?? ""} --cfg sha2_256_backend="soft"`.trim();
  }
  const child = spawn("cargo", args, { cwd: root, env, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ns(name) {
      child.stdin.write(`${name}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`the native bench ended at ${name}`);
      return Number(value);
    },
    async stop() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

const text = (number, digits) => String(number).padStart(digits, "0");

/** The least of some short spells: a machine with other work interrupts a long one in any case. */
const least = (spells, measure) => Math.min(...Array.from({ length: spells }, measure));

function nodes() {
  const payload = new Uint8Array(64).fill(120);
  return Array.from({ length: NODES }, (_, number) => ({
    id: `node-${text(number, 8)}`,
    origin: `stream-${text(number % 100, 4)}`,
    timestamp: number,
    kind: "verdict",
    payload,
  }));
}

function enforcer() {
  const permissions = Array.from({ length: 1000 }, (_, number) => {
    const service = Math.floor(number / 20);
    return number % 2 === 0
      ? { capability: "tool-call", resource: `service-${service}/tool_${number % 20}` }
      : { capability: "fs.read", resource: `tenants/${text(number, 4)}/service-${service}/*.json` };
  });
  return new Enforcer(Grant.issued("bench", 1, { permissions }, "bench", 0));
}

export async function nativeRows() {
  const native = startNative();
  const software = startNative({ inSoftware: true });
  const all = nodes();
  const some = all.slice(0, SOME);
  const kept = new TraceLedger();
  kept.appendMany(all);
  const rootOfKept = kept.root();
  const proof = kept.inclusionPath(7777);
  const leaves = new TraceLedger();
  leaves.appendMany(all.slice(7777, 7778));
  const leaf = leaves.root();
  const enforce = enforcer();
  const paths = Array.from({ length: 500 }, (_, at) => {
    const number = ((at * 337) % 500) * 2 + 1;
    return `tenants/${text(number, 4)}/service-${Math.floor(number / 20)}/report.json`;
  });
  const budget = new Budget({ tokens: Number.MAX_SAFE_INTEGER });
  const [units, nothing] = [new Float64Array(SOME).fill(80), new Float64Array(SOME)];
  const indices = Uint32Array.from({ length: 100 }, (_, at) => at);
  const operad = new AgentOperad();
  const works = {
    append: [
      "a node built and appended, in many",
      () => least(20, () => nsPerCall(() => void appended(some), 1) / SOME),
    ],
    hash: ["a node of the log hashed", () => least(20, () => hashed(some) / SOME)],
    prove: [
      "inclusion proof, 100 in one call",
      () =>
        least(50, () => nsPerCall(() => kept.inclusionPaths(indices, NODES), 5) / indices.length),
    ],
    verify: [
      "inclusion proof verified",
      () =>
        least(50, () => nsPerCall(() => verifyInclusion(leaf, 7777, NODES, proof, rootOfKept), 20)),
    ],
    query: [
      "100 of 20,000 by origin and time",
      () =>
        least(50, () =>
          nsPerCall(
            (at) => kept.queryIndices({ origin: "stream-0042", since: at, limit: 100 }),
            50,
          ),
        ),
    ],
    check: [
      "check of a path among 1,000 permissions, in many",
      () =>
        least(50, () => nsPerCall(() => enforce.allowed("fs.read", paths, 1), 1) / paths.length),
    ],
    reserve: [
      `budget reserve and commit, ${SOME} in one call each`,
      () =>
        least(
          50,
          () =>
            nsPerCall(() => budget.commitMany(budget.reserveMany("tokens", units), nothing), 2) /
            units.length,
        ),
    ],
    laws: [
      "laws of the agent operad verified",
      () => least(50, () => nsPerCall(() => operad.verifyLaws(), 5)),
    ],
  };
  const hashes = ["hash", "verify"];
  /** By one, beside what it is natively. */
  const single = {
    check: () =>
      least(50, () =>
        nsPerCall((at) => enforce.check("fs.read", paths[at % paths.length], undefined, 1), 500),
      ),
    reserve: () =>
      least(50, () => nsPerCall(() => budget.commit(budget.reserve("tokens", 80), 0), 1000)),
    prove: () => least(50, () => nsPerCall((at) => kept.inclusionProof(at), 100)),
  };
  try {
    const things = {};
    for (const [name, [, work]] of Object.entries(works)) {
      work();
      await native.ns(name);
      things[name] = work;
      things[`native ${name}`] = () => native.ns(name);
      if (hashes.includes(name)) things[`software ${name}`] = () => software.ns(name);
      if (name in single) things[`single ${name}`] = single[name];
    }
    things.log = () => native.ns("log");
    things.sha2 = () => software.ns("sha2");
    const best = await takeTurns(things);
    for (const name of hashes) {
      const ratio = best[name].min / best[`native ${name}`].min;
      console.log(
        `js/${works[name][0]}: ${ratio.toFixed(1)} times as long as natively with what this processor has for SHA-256`,
      );
    }
    for (const name of Object.keys(single)) {
      const ns = best[`single ${name}`].min;
      const ratio = ns / best[`native ${name}`].min;
      console.log(
        `js/${works[name][0]}, but one at a time and with its objects: ${ns.toFixed(0)} ns, ${ratio.toFixed(1)} times as long as natively`,
      );
    }
    const rows = Object.entries(works).map(([name, [what]]) => {
      const inSoftware = hashes.includes(name);
      const beside = inSoftware ? "native without instructions for SHA-256" : "native";
      const baseline = best[`${inSoftware ? "software" : "native"} ${name}`].min;
      // At most three times as long.
      return timesFaster(`js/${what}, beside ${beside}`, best[name].min, "ns", baseline, 1 / 3);
    });
    // At most a tenth longer.
    rows.push(
      timesFaster(
        "ledger: a million appends and hashing their log, beside sha2 in software hashing the same",
        best.log.min / 1e6,
        "ms",
        best.sha2.min / 1e6,
        1 / 1.1,
      ),
    );
    return rows;
  } finally {
    await native.stop();
    await software.stop();
  }
}

function appended(all) {
  const ledger = new TraceLedger();
  ledger.appendMany(all);
  ledger.free();
}

/** Nanoseconds that the first root of a ledger takes. */
function hashed(all) {
  const ledger = new TraceLedger();
  ledger.appendMany(all);
  const ns = nsPerCall(() => ledger.root(), 1);
  ledger.free();
  return ns;
}
