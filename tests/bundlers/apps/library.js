// A library that leaves the wasm to the application.
export { StreamMonitor } from "interlock-wasm/slim";
