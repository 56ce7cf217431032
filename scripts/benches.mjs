// What `npm run bench` runs, in this order, one at a time. A bench writes one row of bench-rows.mjs as JSON per line to its
// standard output; other lines are shown.

/** A bench of the core, behind the feature of its name or another. */
const ofCore = (name, feature = name) =>
  `cargo bench -q --locked -p interlock-core --features ${feature} --bench ${name}`.split(" ");

export const benches = [
  {
    // The core natively and the component through wasmtime.
    name: "host",
    run: [
      "cargo",
      "run",
      "--release",
      "--locked",
      "-q",
      "-p",
      "interlock-host",
      "--example",
      "bench",
    ],
  },
  {
    // A check before an operation, and what it spends.
    name: "covenant",
    run: ofCore("covenant", "permission-index"),
  },
  {
    // A word of a growing sentence, by the built-in scorer.
    name: "score",
    run: ofCore("score"),
  },
  {
    // Phase dynamics, beside the straightforward form.
    name: "physics",
    run: ofCore("physics"),
  },
  {
    // Observers of phases, beside the ripser library where Python has it.
    name: "observers",
    run: ofCore("observers"),
  },
  {
    // The geometry engine's outer step.
    name: "geometry",
    run: ofCore("geometry"),
  },
  {
    // The text guard, beside a carry-over that is searched again with every chunk.
    name: "guard",
    run: ofCore("guard", "guard-compiler"),
  },
  {
    // The laws of the agent operad, and a step of a term.
    name: "operad",
    run: ofCore("operad"),
  },
  {
    // The registry of rules beside that of ringkernel-core, in a workspace of its own.
    name: "rules",
    run: "cargo run -q --release --locked --manifest-path core/benches/beside_ringkernel/Cargo.toml --target-dir target/beside-ringkernel".split(
      " ",
    ),
  },
  {
    // The trace ledger at a million nodes, beside a hash set and beside sha2.
    name: "ledger",
    run: ofCore("ledger"),
  },
  {
    // The Python wheel, beside the published one.
    name: "python",
    run: ["node", "scripts/python.mjs", "bench"],
  },
  {
    // The npm package in Node, beside the original's way and other people's parsers.
    name: "node",
    run: ["npm", "run", "--silent", "bench", "--workspace", "js"],
  },
  {
    // What the Worker adds to a response, on loopback.
    name: "worker",
    run: ["node", "tests/e2e/bench-latency.mjs"],
  },
];
