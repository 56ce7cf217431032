// A Worker that uses all entry points.
import "./all.js";

export default { fetch: () => Response.json(globalThis.result) };
