// Does on a worker's thread what it is told to.

import * as actions from "./storage-actions.mjs";

globalThis.onmessage = async ({ data: [name, given] }) => {
  globalThis.postMessage(await actions.settled(actions[name](...given)));
};
