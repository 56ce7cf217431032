// A Worker that uses two entry points.
import "./both.js";

export default { fetch: () => Response.json(globalThis.result) };
