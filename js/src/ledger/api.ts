/**
 * Everything of `interlock-wasm/ledger` but the wasm.
 *
 * @module
 */

export {
  ArgumentError,
  type ErrorCode,
  FreedError,
  InterlockError,
  NotInitialisedError,
  TrapError,
} from "../errors.js";
export type { Whole } from "../internal/wire.js";
export type { RefusalError } from "../refusal.js";
export {
  AppendError,
  CheckpointError,
  FileError,
  HeaderError,
  KeyError,
  type LedgerErrorCode,
  LogError,
  NodeError,
  ProofError,
  ReadError,
  SignedNoteError,
  TileError,
} from "./errors.js";
export * from "./file.js";
export * from "./key.js";
export {
  type Header,
  type Link,
  type LinkKind,
  type TraceNode,
  type TraceNodeInput,
  decodeHeader,
  encodeHeader,
  leafHash,
  withPayload,
} from "./node.js";
export * from "./note.js";
export * from "./proof.js";
export * from "./storage.js";
export * from "./tile.js";
export * from "./trace-ledger.js";
