import { ConfigError } from "../errors.js";
import { NotATree, encode } from "../internal/wire.js";
import type { HaltConfigInput } from "../policy.js";

/** The bytes of a configuration. Whether it is a valid one is for the core to say. */
export function encodeConfig(config: HaltConfigInput): Uint8Array {
  try {
    return encode(config);
  } catch (error) {
    if (!(error instanceof NotATree)) throw error;
    throw new ConfigError(error.path, { value: error.value, message: error.message });
  }
}
