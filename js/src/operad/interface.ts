/**
 * What goes over wires.
 *
 * @module
 */

import { ArgumentError } from "../errors.js";
import { type Wire, requireFields, requireList, wire } from "../internal/wire.js";

/**
 * Wires side by side: a sort from 1 to 255 for each of at most eight. Sort 1 says yes (1) or no (0). A value on wires is
 * one whole number, a byte a wire, the first wire lowest.
 */
export type Wires = readonly number[];

/** What an agent takes and gives: the colour of a slot. */
export interface Interface {
  /** The wires that come in. */
  readonly input: Wires;
  /** The wires that go out. */
  readonly output: Wires;
}

/** @internal */
export function interfaceWire(name: string, value: Interface): Wire {
  requireFields(name, value, ["input", "output"]);
  return [wiresWire(`${name}.input`, value.input), wiresWire(`${name}.output`, value.output)];
}

function wiresWire(name: string, wires: Wires): Wire {
  requireList(name, wires);
  wires.forEach((sort: unknown, index) => {
    if (typeof sort !== "number" || !Number.isInteger(sort) || sort < 0 || sort > 255) {
      throw new ArgumentError(`${name}[${index}]`, { value: sort, bound: "a sort from 1 to 255" });
    }
  });
  return wires;
}

/** @internal */
export function interfacesWire(name: string, interfaces: readonly Interface[]): Uint8Array {
  requireList(name, interfaces);
  return wire(interfaces.map((value, index) => interfaceWire(`${name}[${index}]`, value)));
}
