import { ConfigError } from "../errors.js";
import { made } from "../instance.js";
import { NotPlain, toTree, valueAt } from "../internal/plain.js";
import type { HaltConfigInput } from "../policy.js";

/** Makes something of a configuration. Whether it is a valid one is for the core to say. */
export function withConfig<Made>(
  config: HaltConfigInput,
  make: (tree: Uint8Array) => Made | undefined,
): Made {
  try {
    const tree = toTree(config);
    return made(() => make(tree));
  } catch (error) {
    if (error instanceof NotPlain) throw new ConfigError(error.path, error);
    if (error instanceof ConfigError && error.value === undefined) {
      Object.assign(error, { value: valueAt(config, error.field) });
    }
    throw error;
  }
}
