/**
 * Nodes: what happened, written down once.
 *
 * @module
 */

import * as raw from "../../wasm/ledger.js";
import { ArgumentError } from "../errors.js";
import { requireText } from "../internal/arguments.js";
import { isWellFormed } from "../internal/plain.js";
import { decode } from "../internal/tree.js";
import { type Wire, requireBytes, requireFields, requireList, wire } from "../internal/wire.js";
import { call } from "./instance.js";

// In the order of their codes.
const LINK_KINDS = ["causes", "continues", "branches", "fulfills"] as const;

/**
 * How a node follows from an earlier one:
 *
 * - `causes`: the earlier one caused it
 * - `continues`: it goes on with the earlier one
 * - `branches`: it leaves the line of the earlier one
 * - `fulfills`: it does what the earlier one intended
 */
export type LinkKind = (typeof LINK_KINDS)[number];

/** A link to an earlier node. */
export interface Link {
  /** How the node follows from it. */
  readonly kind: LinkKind;
  /** The id of the earlier node. */
  readonly target: string;
}

/** A node as it is handed in. Together, texts and lists take at most 65,535 bytes as a header. */
export interface TraceNodeInput {
  /** Its id, unique within a ledger. */
  readonly id: string;
  /** Who writes it. */
  readonly origin: string;
  /** When it was made, in whole ms within 2^53 - 1 of 0. Within one origin it does not run backwards. */
  readonly timestamp: number;
  /**
   * What kind of node it is, such as `verdict`.
   * @defaultValue ""
   */
  readonly kind?: string | undefined;
  /** Names by which it is found, each once. Their order does not count. */
  readonly tags?: readonly string[] | undefined;
  /** Links to earlier nodes, each once. Their order does not count. */
  readonly links?: readonly Link[] | undefined;
  /** What it carries: at most 16 MiB. A text stands for its bytes in UTF-8. */
  readonly payload?: Uint8Array | string | undefined;
}

/** A node: a frozen value. */
export interface TraceNode {
  /** Its id, unique within a ledger. */
  readonly id: string;
  /** Who wrote it. */
  readonly origin: string;
  /** What kind of node it is; empty for none. */
  readonly kind: string;
  /** When it was made, in ms. */
  readonly timestamp: number;
  /** Its tags, ascending. */
  readonly tags: readonly string[];
  /** Its links, ascending by kind, then target. */
  readonly links: readonly Link[];
  /** What it carries: a copy. */
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** What the header of a node says: all that a leaf of a log is. The payload lies elsewhere. */
export interface Header extends Omit<TraceNode, "payload"> {
  /** Bytes of its payload. */
  readonly payloadLength: number;
  /** SHA-256 of its payload. */
  readonly payloadHash: Uint8Array<ArrayBuffer>;
}

const FIELDS = ["id", "origin", "timestamp", "kind", "tags", "links", "payload"] as const;
const KNOWN = new Set<string>(FIELDS);
const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();

/** @internal */
export function linkCode(name: string, kind: LinkKind): number {
  const code = LINK_KINDS.indexOf(kind);
  if (code >= 0) return code;
  throw new ArgumentError(name, { value: kind, bound: LINK_KINDS.join(", ") });
}

/** @internal */
export function requireTime(name: string, value: unknown): asserts value is number {
  if (typeof value !== "number" || !Number.isInteger(value)) {
    throw new ArgumentError(name, { value, bound: "a whole number of ms" });
  }
}

const isText = (value: unknown): value is string =>
  typeof value === "string" && isWellFormed(value);

/** Nothing in a list. */
const NONE: readonly Wire[] = [];

/** A node as it crosses, with its place where it is one of many. @internal */
export function nodeWire(node: TraceNodeInput, index?: number): Wire {
  // Most nodes have bytes and no lists: for them no name of a field is put together that nothing is wrong with.
  if (typeof node === "object" && (node as unknown) !== null && !Array.isArray(node)) {
    const { id, origin, timestamp, kind = "", tags, links, payload = NOTHING } = node;
    if (
      isText(id) &&
      isText(origin) &&
      isText(kind) &&
      Number.isInteger(timestamp) &&
      tags === undefined &&
      links === undefined &&
      payload instanceof Uint8Array &&
      Object.keys(node).every((key) => KNOWN.has(key))
    ) {
      return [id, origin, timestamp, kind, payload, NONE, NONE];
    }
  }
  return closely(node, index === undefined ? "node" : `nodes[${index}]`);
}

function closely(node: TraceNodeInput, name: string): Wire {
  requireFields(name, node, FIELDS);
  const { id, origin, timestamp, kind = "", tags = [], links = [], payload = NOTHING } = node;
  requireText(`${name}.id`, id);
  requireText(`${name}.origin`, origin);
  requireText(`${name}.kind`, kind);
  requireTime(`${name}.timestamp`, timestamp);
  requireList(`${name}.tags`, tags);
  tags.forEach((tag, index) => {
    requireText(`${name}.tags[${index}]`, tag);
  });
  requireList(`${name}.links`, links);
  const crossing = links.map((link, index): Wire => {
    const at = `${name}.links[${index}]`;
    requireFields(at, link, ["kind", "target"]);
    requireText(`${at}.target`, link.target);
    return [linkCode(`${at}.kind`, link.kind), link.target];
  });
  let bytes = payload;
  if (typeof bytes === "string") {
    requireText(`${name}.payload`, bytes);
    bytes = encoder.encode(bytes);
  }
  requireBytes(`${name}.payload`, bytes);
  return [id, origin, timestamp, kind, bytes, tags, crossing];
}

/** Freezes what came out. @internal */
export function frozen<Value extends { readonly tags: unknown; readonly links: unknown }>(
  value: Value,
): Value {
  Object.freeze(value.tags);
  for (const link of value.links as readonly Link[]) Object.freeze(link);
  Object.freeze(value.links);
  return Object.freeze(value);
}

/**
 * The canonical header of a node: the entry of a log.
 *
 * @throws {NodeError} when no node is such
 */
export function encodeHeader(node: TraceNodeInput): Uint8Array<ArrayBuffer> {
  const crossing = wire(nodeWire(node));
  return call(() => raw.encodeHeader(crossing)) as Uint8Array<ArrayBuffer>;
}

/**
 * What a header says.
 *
 * @throws {HeaderError} for anything but the one encoding of a node
 */
export function decodeHeader(header: Uint8Array): Header {
  requireBytes("header", header);
  return frozen(decode(call(() => raw.decodeHeader(header))) as unknown as Header);
}

/**
 * The node of a header and its payload, which is checked: so a payload can come from anywhere.
 *
 * @throws {HeaderError} when it is no header
 * @throws {NodeError} when it is not the payload that the header speaks of
 */
export function withPayload(header: Uint8Array, payload: Uint8Array): TraceNode {
  requireBytes("header", header);
  requireBytes("payload", payload);
  return frozen(decode(call(() => raw.nodeOf(header, payload))) as unknown as TraceNode);
}

/** Hash of the leaf that an entry of a log is (RFC 6962). */
export function leafHash(entry: Uint8Array): Uint8Array<ArrayBuffer> {
  requireBytes("entry", entry);
  return call(() => raw.leafHash(entry)) as Uint8Array<ArrayBuffer>;
}
