// What a user of the ledger would write, the same in every host. `ledger` is `interlock-wasm/ledger` or
// `interlock-wasm/ledger/slim`.

export const first = ({ leafHash }) => leafHash(new Uint8Array(1));

/** What {@link run} must give. */
export const expected = {
  found: ["halt"],
  size: 2,
  root: "54b914299f21c650",
  kept: 3,
  refused: "append-duplicate-id ask",
};

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export async function run(entry) {
  const { AppendError, Ed25519Signer, InterlockError, LedgerFile, MemoryStorage, TraceLedger } =
    entry;
  const { checkpointToNote, leafHash, openCheckpoint, verifyInclusion } = entry;

  const ledger = new TraceLedger();
  ledger.append({ id: "ask", origin: "agent", timestamp: 1 });
  const links = [{ kind: "causes", target: "ask" }];
  const index = ledger.append({ id: "halt", origin: "guard", timestamp: 2, links, payload: "{}" });
  verifyInclusion(
    leafHash(ledger.entry(index)),
    index,
    2,
    ledger.inclusionProof(index),
    ledger.root(),
  );

  const signer = new Ed25519Signer("example.com/ledger", new Uint8Array(32).fill(7));
  const checkpoint = { origin: "example.com/ledger", size: ledger.size, root: ledger.root() };
  const note = checkpointToNote(checkpoint).sign(signer).encode();

  const file = await LedgerFile.open(new MemoryStorage());
  for (let at = 0; at < 3; at += 1) await file.append({ id: `${at}`, origin: "a", timestamp: at });

  let refused;
  try {
    ledger.append({ id: "ask", origin: "agent", timestamp: 3 });
  } catch (error) {
    const known = error instanceof AppendError && error instanceof InterlockError;
    refused = known && `${error.code} ${error.subject}`;
  }

  return {
    found: Array.from(ledger.query({ linksTo: "ask" }), ([, { id }]) => id),
    size: openCheckpoint(note, "example.com/ledger", [signer.verifier]).size,
    root: hex(ledger.root().subarray(0, 8)),
    kept: file.acknowledged,
    refused,
  };
}
