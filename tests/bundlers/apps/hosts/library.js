// A library that leaves the wasm to the application.
export * as library from "interlock-wasm/slim";
