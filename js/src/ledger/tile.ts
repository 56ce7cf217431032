/**
 * Storage as tiles (C2SP `tlog-tiles`): which files a log is, what they are called and what is in them.
 *
 * @module
 */

import {
  NewTiles,
  entries as rawEntries,
  parseTile as rawParse,
  tilePath as rawPath,
} from "../../wasm/ledger.js";
import { ArgumentError } from "../errors.js";
import { requireCount, requireText } from "../internal/arguments.js";
import { decode } from "../internal/tree.js";
import { type Whole, requireBytes, requireFields, word } from "../internal/wire.js";
import { call } from "./instance.js";

/** A tile: a file that never changes. */
export interface Tile {
  /** Hashes of the tree, or entries of the log. */
  readonly kind: "hashes" | "entries";
  /** Of hashes the level: 0 of leaves, the next of full tiles of the one below, at most 63. */
  readonly level: number;
  /** Its place on its level, counted from 0. */
  readonly index: Whole;
  /** How many hashes or entries it has, 1 to 256; a partial tile has fewer than 256. */
  readonly width: number;
}

/** The path of a tile below the log's prefix, such as `tile/0/x001/x234/067.p/8`. */
export function tilePath(tile: Tile): string {
  requireFields("tile", tile, ["kind", "level", "index", "width"]);
  const { kind, level, index, width } = tile;
  for (const [name, value] of Object.entries({ level, width })) {
    requireCount(`tile.${name}`, value);
    const most = name === "level" ? 63 : 256;
    if (value > most) throw new ArgumentError(`tile.${name}`, { value, bound: `at most ${most}` });
  }
  const place = word("tile.index", index);
  return call(() => rawPath(kind === "entries" ? undefined : level, place, width));
}

/**
 * The tile of a path.
 *
 * @throws {TileError} for whatever {@link tilePath} would not have written
 */
export function parseTile(path: string): Tile {
  requireText("path", path);
  return decode(call(() => rawParse(path))) as unknown as Tile;
}

/**
 * The paths of the tiles to write when a log has grown from one size to another. Full ones stay for ever; a partial one
 * is of use until its full one is there.
 */
export function* newTiles(from: Whole, to: Whole): IterableIterator<string> {
  const [before, after] = [word("from", from), word("to", to)];
  const tiles = call(() => new NewTiles(before, after));
  try {
    for (;;) {
      const page = call(() => tiles.next(64));
      if (page.length === 0) return;
      yield* page;
    }
  } finally {
    tiles.free();
  }
}

/**
 * The entries of a bundle: headers of nodes.
 *
 * @throws {TileError} when it ends within an entry or has more than 256
 */
export function entries(bundle: Uint8Array): Uint8Array<ArrayBuffer>[] {
  requireBytes("bundle", bundle);
  return decode(call(() => rawEntries(bundle))) as unknown as Uint8Array<ArrayBuffer>[];
}
