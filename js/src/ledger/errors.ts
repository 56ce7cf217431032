/**
 * What ledgers refuse.
 *
 * @module
 */

import { InterlockError } from "../errors.js";
import type { Refusal } from "../internal/failure.js";
import { RefusalError } from "../refusal.js";

/** No node is such. For `node-duplicate`, `subject` names the field and what stands there twice. */
export class NodeError extends RefusalError<
  | "node-empty"
  | "node-timestamp"
  | "node-header-too-large"
  | "node-payload-too-large"
  | "node-duplicate"
  | "node-link-to-itself"
  | "node-wrong-payload"
> {
  override readonly name = "NodeError";
}

/** A law of the ledger that a node would break; the ledger is as it was. `subject` is the id, the origin, or the kind and target of the link. */
export class AppendError extends RefusalError<
  | "append-duplicate-id"
  | "append-time-backwards"
  | "append-unknown-target"
  | "append-target-later"
  | "append-full"
> {
  override readonly name = "AppendError";
}

/** Bytes that are no header of a node; `value` is the byte at which that was found. */
export class HeaderError extends RefusalError<
  | "header-truncated"
  | "header-too-long"
  | "header-version"
  | "header-timestamp"
  | "header-payload-too-large"
  | "header-empty"
  | "header-not-utf8"
  | "header-not-ascending"
  | "header-link-kind"
> {
  override readonly name = "HeaderError";
}

/** A log gives no such proof: `value` was asked for, `bound` is what there is. */
export class LogError extends RefusalError<"log-size" | "log-index" | "log-order"> {
  override readonly name = "LogError";
}

/** A proof shows nothing. `proof-root`: it leads to another root. */
export class ProofError extends RefusalError<
  "proof-index" | "proof-order" | "proof-length" | "proof-root" | "proof-first-root"
> {
  override readonly name = "ProofError";
}

/** Something is no signed note, or one that cannot be trusted. `note-forged`: the signature of the key `subject` is not valid; `note-unsigned`: no known key has signed. */
export class SignedNoteError extends RefusalError<
  | "note-too-long"
  | "note-characters"
  | "note-text"
  | "note-layout"
  | "note-signature"
  | "note-signature-count"
  | "note-key-name"
  | "note-forged"
  | "note-unsigned"
> {
  override readonly name = "SignedNoteError";
}

/** A note that is no checkpoint, or one of another log. */
export class CheckpointError extends RefusalError<"checkpoint-line" | "checkpoint-origin"> {
  override readonly name = "CheckpointError";
}

/** A text or bytes that are no key. */
export class KeyError extends RefusalError<
  "key-format" | "key-name" | "key-type" | "key-id" | "key-bytes"
> {
  override readonly name = "KeyError";
}

/** There is no such tile, or a bundle is malformed at the byte `value`. */
export class TileError extends RefusalError<"tile-path" | "tile-shape" | "tile-bundle"> {
  override readonly name = "TileError";
}

/** A file cannot be opened and was left as it is. `file-corrupt`: what was durable is not whole at the byte `value`; `subject` says what is damaged. `file-law`: the record at the byte `value` breaks the law `subject`. */
export class ReadError extends RefusalError<
  "file-not-a-ledger" | "file-version" | "file-corrupt" | "file-law"
> {
  override readonly name = "ReadError";
}

/**
 * A ledger's file could not be opened or written. `file-storage`: the storage failed, `cause` says how; `file-failed`: it
 * failed before, so what the file holds is not known: open it again. `file-checkpoint`: the file does not continue the
 * checkpoint that was given; it was left as it is. `file-locked`: it is open in another tab or worker, or another one has
 * written to it; what that one has written is as it was.
 */
export class FileError extends InterlockError {
  override readonly name = "FileError";
  declare readonly code: "file-storage" | "file-failed" | "file-checkpoint" | "file-locked";
}

/** The codes of the errors of `interlock-wasm/ledger`. */
export type LedgerErrorCode = (
  | FileError
  | NodeError
  | AppendError
  | HeaderError
  | LogError
  | ProofError
  | SignedNoteError
  | CheckpointError
  | KeyError
  | TileError
  | ReadError
)["code"];

const CLASSES: Readonly<Record<string, new (refusal: Refusal) => InterlockError>> = {
  node: NodeError,
  append: AppendError,
  header: HeaderError,
  log: LogError,
  proof: ProofError,
  note: SignedNoteError,
  checkpoint: CheckpointError,
  key: KeyError,
  tile: TileError,
  file: ReadError,
};

/** The error of a refusal. */
export function ofRefusal(refusal: Refusal): InterlockError {
  const [kind = ""] = refusal.code.split("-", 1);
  const Refused = CLASSES[kind];
  if (Refused === undefined) throw new TypeError(`the refusal ${refusal.code} is not known`);
  return new Refused(refusal);
}
