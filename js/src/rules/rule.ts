/**
 * Compiled rules.
 *
 * @module
 */

import { CompiledRule as Raw } from "../../wasm/rules.js";
import { ArgumentError } from "../errors.js";
import { requireCount, requireText } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { decode } from "../internal/tree.js";
import {
  type Whole,
  type Wire,
  requireBytes,
  requireFields,
  requireList,
  wire,
  word,
} from "../internal/wire.js";
import { call, instance, made } from "./instance.js";

/** A rule that another cannot do without. */
export interface Dependency {
  /** Its id. */
  readonly ruleId: string;
  /** The lowest version that will do: 1 is any. */
  readonly minVersion: Whole;
}

/** How an accelerator launches a rule. Passed through. */
export interface ActorConfig {
  /** Threads of a block, in each dimension. */
  readonly blockDim: readonly [number, number, number];
  /** Blocks of the grid, in each dimension. */
  readonly gridDim: readonly [number, number, number];
  /** Bytes of shared memory for each block. */
  readonly sharedMemBytes: number;
  /** Messages that may be in flight. */
  readonly maxInFlight: number;
}

/** Where a rule comes from. Passed through; an empty text is one that is not given. */
export interface RuleMetadata {
  /** What the source is written in. */
  readonly sourceLanguage: string;
  /** SHA-256 of the source. */
  readonly sourceHash: Uint8Array<ArrayBuffer> | null;
  /** When it was compiled, in ms since 1970. */
  readonly compiledAtMs: number | null;
  /** Version of the compiler. */
  readonly compilerVersion: string;
  /** Who wrote or compiled it. */
  readonly author: string;
}

/** Everything that a rule says apart from its payload, and its hash. */
export interface RuleHeader {
  /** Names the rule. */
  readonly ruleId: string;
  /** Its version, from 1, which names one content for ever. */
  readonly version: Whole;
  /** What it runs on: `data/2`, `wasm32`, `wasm32+simd128`, or a name that a backend knows. */
  readonly target: string;
  /** What it depends on, ascending by id. */
  readonly dependsOn: readonly Dependency[];
  readonly actorConfig: ActorConfig;
  readonly metadata: RuleMetadata;
  /** SHA-256 of the canonical encoding, without the compiled patterns of a policy: each stands behind its own. */
  readonly contentHash: Uint8Array<ArrayBuffer>;
}

/** The header of a rule that is to be made. What is left out is empty. */
export interface RuleHeaderInput {
  readonly ruleId: string;
  readonly version: Whole;
  /** `data/2` where it is left out: a policy. */
  readonly target?: string;
  readonly dependsOn?: readonly Dependency[];
  readonly actorConfig?: Partial<ActorConfig>;
  readonly metadata?: { readonly [Field in keyof RuleMetadata]?: RuleMetadata[Field] | undefined };
}

function dimensions(name: string, sizes: readonly number[]): number[] {
  requireList(name, sizes);
  if (sizes.length !== 3) throw new ArgumentError(name, { value: sizes, bound: "three numbers" });
  sizes.forEach((size, index) => {
    requireCount(`${name}[${index}]`, size);
  });
  return [...sizes];
}

function headerWire(header: RuleHeaderInput): Uint8Array {
  const fields = ["ruleId", "version", "target", "dependsOn", "actorConfig", "metadata"];
  requireFields("header", header, fields);
  const { ruleId, version, target = "data/2", dependsOn = [] } = header;
  requireText("header.ruleId", ruleId);
  requireText("header.target", target);
  requireList("header.dependsOn", dependsOn);
  const needs = dependsOn.map((need, index): Wire => {
    const name = `header.dependsOn[${index}]`;
    requireFields(name, need, ["ruleId", "minVersion"]);
    requireText(`${name}.ruleId`, need.ruleId);
    return [need.ruleId, word(`${name}.minVersion`, need.minVersion)];
  });
  const actor = header.actorConfig ?? {};
  requireFields("header.actorConfig", actor, [
    "blockDim",
    "gridDim",
    "sharedMemBytes",
    "maxInFlight",
  ]);
  const {
    blockDim = [1, 1, 1],
    gridDim = [1, 1, 1],
    sharedMemBytes = 0,
    maxInFlight = 1024,
  } = actor;
  requireCount("header.actorConfig.sharedMemBytes", sharedMemBytes);
  requireCount("header.actorConfig.maxInFlight", maxInFlight);
  const sizes: number[] = [
    dimensions("header.actorConfig.blockDim", blockDim),
    dimensions("header.actorConfig.gridDim", gridDim),
  ].flat();
  const metadata = header.metadata ?? {};
  requireFields("header.metadata", metadata, [
    "sourceLanguage",
    "sourceHash",
    "compiledAtMs",
    "compilerVersion",
    "author",
  ]);
  const { sourceLanguage = "", sourceHash = null, compiledAtMs = null } = metadata;
  const { compilerVersion = "", author = "" } = metadata;
  requireText("header.metadata.sourceLanguage", sourceLanguage);
  requireText("header.metadata.compilerVersion", compilerVersion);
  requireText("header.metadata.author", author);
  if (sourceHash !== null) requireBytes("header.metadata.sourceHash", sourceHash, 32);
  const compiled =
    compiledAtMs === null ? null : word("header.metadata.compiledAtMs", compiledAtMs);
  return wire([
    ruleId,
    word("header.version", version),
    target,
    needs,
    [...sizes, sharedMemBytes, maxInFlight],
    sourceLanguage,
    sourceHash,
    compiled,
    compilerVersion,
    author,
  ]);
}

/** A compiled rule: a header and a payload, immutable. */
export class CompiledRule extends Owned<Raw> {
  /**
   * A rule of a header and a payload.
   *
   * @throws {ArtifactError} when a field is out of its range
   */
  constructor(header: RuleHeaderInput, payload: Uint8Array) {
    if (header instanceof Raw) {
      super(instance, header);
      return;
    }
    const fields = headerWire(header);
    requireBytes("payload", payload);
    super(
      instance,
      made(() => Raw.create(fields, payload)),
    );
  }

  /**
   * Reads the canonical encoding, as `interlock rules compile` writes it.
   *
   * @throws {ArtifactError} for anything but the one encoding of a rule
   */
  static decode(bytes: Uint8Array): CompiledRule {
    requireBytes("bytes", bytes);
    return ruleOf(made(() => Raw.decode(bytes)));
  }

  /** Everything that it says apart from its payload, and its hash. */
  get header(): RuleHeader {
    const { raw } = this;
    return decode(call(() => raw.header())) as unknown as RuleHeader;
  }

  /** What runs, or is loaded. */
  get payload(): Uint8Array {
    const { raw } = this;
    return call(() => raw.payload());
  }

  /** The canonical encoding: what is signed and stored. */
  encode(): Uint8Array {
    const { raw } = this;
    return call(() => raw.encode());
  }

  /** @internal */
  get rawRule(): Raw {
    return this.raw;
  }
}

/** @internal */
export function ruleOf(raw: Raw): CompiledRule {
  return new CompiledRule(raw as unknown as RuleHeaderInput, new Uint8Array());
}

/** @internal */
export function rawRule(name: string, rule: unknown): Raw {
  if (!(rule instanceof CompiledRule)) {
    throw new ArgumentError(name, { value: rule, bound: "a CompiledRule" });
  }
  return rule.rawRule;
}
