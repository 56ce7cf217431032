// The suite `ledger` on the npm package.

import { bytesOfHex, concat, hexOf, refusal, spoken, step } from "./text.mjs";

/** What comes of an input. */
export async function run(ledger, input) {
  if (kinds[input.kind] === undefined) throw new Error(`the kind ${input.kind} is not known`);
  try {
    return await kinds[input.kind](ledger, input);
  } catch (error) {
    return { refused: refusal(error) };
  }
}

const list = (hashes) => hashes.map(hexOf).join(" ");
const optional = (work) => spoken(() => String(work() ?? "-"));

const nodeOf = ({ id, origin, timestamp, kind, tags, links = [], payload = "" }) => ({
  ...{ id, origin, timestamp, kind, tags },
  links: links.map(([kind, target]) => ({ kind, target })),
  payload: bytesOfHex(payload),
});

/** A header as the suite writes it. */
function headerText({ leafHash }, header, said) {
  const { id, origin, kind, timestamp, tags, links, payloadLength, payloadHash } = said;
  return {
    ...{ id, origin, kind, timestamp, tags },
    links: links.map(({ kind, target }) => [kind, target]),
    payload_len: payloadLength,
    payload: hexOf(payloadHash),
    leaf: hexOf(leafHash(header)),
  };
}

const kinds = {
  node({ encodeHeader, decodeHeader, leafHash }, { node }) {
    const header = encodeHeader(nodeOf(node));
    const { payloadHash } = decodeHeader(header);
    return { header: hexOf(header), leaf: hexOf(leafHash(header)), payload: hexOf(payloadHash) };
  },
  header(entry, { header }) {
    const bytes = bytesOfHex(header);
    return headerText(entry, bytes, entry.decodeHeader(bytes));
  },
  ledger,
  inclusion({ verifyInclusion }, { leaf, index, size, proof, root }) {
    verifyInclusion(bytesOfHex(leaf), index, size, proof.map(bytesOfHex), bytesOfHex(root));
    return "verified";
  },
  consistency({ verifyConsistency }, { first, first_root, second, second_root, proof }) {
    const [before, after] = [first_root, second_root].map(bytesOfHex);
    verifyConsistency(first, before, second, after, proof.map(bytesOfHex));
    return "verified";
  },
  checkpoint({ Ed25519Signer, checkpointToNote }, { origin, size, root, extensions, keys }) {
    const note = checkpointToNote({ origin, size, root: bytesOfHex(root), extensions });
    for (const key of keys) note.sign(new Ed25519Signer(key));
    return note.encode();
  },
  open({ Ed25519Verifier, openCheckpoint }, { note, origin, keys }) {
    const verifiers = keys.map((key) => new Ed25519Verifier(key));
    const { size, root, extensions } = openCheckpoint(note, origin, verifiers);
    return { size, root: hexOf(root), extensions };
  },
  key: ({ Ed25519Signer }, { key }) => String(new Ed25519Signer(key).verifier),
  tiles: ({ parseTile, tilePath }, { paths }) =>
    paths.map((path) => spoken(() => tilePath(parseTile(path)))),
  "new-tiles": ({ newTiles }, { from, to }) => [...newTiles(from, to)],
  "write-file": writeFile,
  "read-file": readFile,
};

function ledger({ TraceLedger }, { steps }) {
  const ledger = new TraceLedger({ seed: 0 });
  const queryOf = ({ links_to: linksTo, links_from: linksFrom, link_kind: linkKind, ...rest }) => ({
    ...{ linksTo, linksFrom, linkKind },
    ...rest,
  });
  const does = {
    append: (node) => ledger.append(nodeOf(node)),
    "append-many": (nodes) => {
      const before = ledger.size;
      const answer = spoken(() => String(ledger.appendMany(nodes.map(nodeOf))));
      const appended = ledger.size - before;
      return answer.startsWith("refused ") ? `${appended} ${answer}` : answer;
    },
    query: (query) => [...ledger.queryIndices(queryOf(query))].join(" "),
    find: (id) => ledger.find(id),
    get: (index) => {
      const entry = ledger.entry(index);
      return entry && hexOf(entry);
    },
    "last-timestamp": (origin) => ledger.lastTimestamp(origin),
    root: () => hexOf(ledger.root()),
    "root-at": (size) => hexOf(ledger.rootAt(size)),
    "inclusion-proof": ([index, size]) => list(ledger.inclusionProof(index, size)),
    "consistency-proof": ([first, second]) => list(ledger.consistencyProof(first, second)),
    tile: (path) => hexOf(ledger.tile(path)),
  };
  const said = steps.map((value) => {
    const [name, what] = step(value);
    return optional(() => does[name](what));
  });
  return { steps: said, nodes: ledger.size };
}

function writeFile({ FileWriter }, { id, steps }) {
  const file = new FileWriter(bytesOfHex(id));
  let bytes = new Uint8Array(0);
  const does = {
    append: (node) => hexOf(file.append(nodeOf(node))),
    sync: () => {
      bytes = concat([bytes, file.takeWaiting()]);
      file.synced();
      return String(bytes.length);
    },
  };
  const said = steps.map((value) => {
    const [name, what] = step(value);
    return spoken(() => does[name](what));
  });
  return { steps: said, bytes: hexOf(bytes) };
}

async function readFile({ readLedger }, { bytes, piece }) {
  const all = bytesOfHex(bytes);
  async function* pieces() {
    for (let at = 0; at < all.length; at += Math.max(piece, 1)) {
      yield all.subarray(at, at + Math.max(piece, 1));
    }
  }
  const { ledger, id, length, torn } = await readLedger(pieces(), { seed: 0 });
  const nodes = Array.from(ledger, ({ id }) => id);
  return { id: id ? hexOf(id) : null, len: length, torn, nodes, root: hexOf(ledger.root()) };
}
