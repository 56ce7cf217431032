import { ConfigError } from "../errors.js";
import { made } from "../instance.js";
import { NotJson, toJson, valueAt } from "../internal/json.js";
import type { HaltConfigInput } from "../policy.js";

/** Makes something of a configuration. Whether it is a valid one is for the core to say. */
export function withConfig<Made>(
  config: HaltConfigInput,
  make: (json: string) => Made | undefined,
): Made {
  try {
    const json = toJson(config);
    return made(() => make(json));
  } catch (error) {
    if (error instanceof NotJson) throw new ConfigError(error.path, error);
    if (error instanceof ConfigError && error.value === undefined) {
      Object.assign(error, { value: valueAt(config, error.field) });
    }
    throw error;
  }
}
