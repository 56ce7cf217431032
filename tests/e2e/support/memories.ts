// Must be imported first: from here on every instance of a wasm module is noted, by what its imports are called.

const memories = new Map<string, WebAssembly.Memory>();

/** How large the memories of the modules are, in bytes: `interlock`, `ledger` and the others that were instantiated. */
export function memorySizes(): Record<string, number> {
  return Object.fromEntries(
    Array.from(memories, ([name, { buffer }]) => [name, buffer.byteLength]),
  );
}

WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(Instance, [module, imports = {}]: [WebAssembly.Module, WebAssembly.Imports?]) {
    const instance = new Instance(module, imports);
    const { memory } = instance.exports;
    const name = /^\.\/(\w+)_bg\.js$/.exec(Object.keys(imports)[0] ?? "")?.[1];
    if (name !== undefined && memory instanceof WebAssembly.Memory) memories.set(name, memory);
    return instance;
  },
});
