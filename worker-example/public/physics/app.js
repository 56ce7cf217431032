// The page: controls, the loop, and what is shown.

import "../theme.js";
import {
  History,
  createCanvas,
  createPalette,
  paintBars,
  paintCircle,
  paintMatrix,
  paintTime,
} from "./draw.js";
import { N, createEngine, names } from "./engine.js";

/** @param {string} id */
const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const canvas = (/** @type {string} */ id) => createCanvas(/** @type {HTMLCanvasElement} */ ($(id)));
const form = /** @type {HTMLFormElement} */ ($("drive"));

/** Frames of twenty seconds. */
const SPAN = 1200;
/** Limits of the score, as a stream monitor has them. */
const [SOFT, HARD] = [0.7, 0.5];

const palette = createPalette();
const circle = canvas("circle");
const time = canvas("time");
const matrix = canvas("matrix");
const barcode = canvas("bars");
const lines = { r: new History(SPAN), score: new History(SPAN), loop: new History(SPAN) };
const cells = new Float64Array(N * N);

/** @returns {import("./engine.js").Drive} */
function drive() {
  const of = (/** @type {string} */ id) => Number(/** @type {HTMLInputElement} */ ($(id)).value);
  return { coupling: of("coupling"), noise: of("noise"), field: of("field") };
}

/** @param {string} name @param {ParentNode} [within] */
const chosen = (name, within = document) =>
  /** @type {HTMLInputElement} */ (within.querySelector(`input[name=${name}]:checked`)).value;
const population = () => (chosen("population", form) === "layers" ? "layers" : "near");

let engine = createEngine(population(), drive());
let running = !matchMedia("(prefers-reduced-motion: reduce)").matches;

// The loop.

/** Milliseconds that the last frames took, of work and from one to the next. */
const [work, gaps] = [new History(60), new History(60)];
let last = 0;

/** @param {number} now */
function frame(now) {
  const started = performance.now();
  if (running) {
    engine.frame();
    lines.r.push(engine.r);
    lines.score.push(engine.score);
    lines.loop.push(engine.loop);
  }
  paint();
  if (last > 0) gaps.push(now - last);
  last = now;
  work.push(performance.now() - started);
  requestAnimationFrame(frame);
}

function paint() {
  paintCircle(circle, palette, engine);
  paintTime(time, palette, [
    ["violet", lines.loop],
    ["blue", lines.r],
    ["green", lines.score],
  ]);
  paintMap();
  paintBars(barcode, palette, engine);
}

/** The coupling, or what each phase pulls on each with now, as shares of the strongest. */
function paintMap() {
  const { coupling, theta } = engine;
  const strongest = coupling.reduce((most, k) => Math.max(most, k), 0);
  const isPull = chosen("map") === "pull";
  coupling.forEach((k, at) => {
    const turn = (theta[at % N] ?? 0) - (theta[Math.floor(at / N)] ?? 0);
    cells[at] = ((isPull ? Math.sin(turn) : 1) * k) / strongest;
  });
  paintMatrix(matrix, palette, cells, N);
}

// What is said in words and numbers, which nobody reads sixty times a second.

const mean = (/** @type {History} */ history) =>
  history.values.reduce((sum, value) => sum + value, 0) / Math.max(history.count, 1);

function tell() {
  const { r, score, loop, bars } = engine;
  const has = lines.r.count > 0;
  $("r").textContent = `R = ${r.toFixed(3)}`;
  $("r-value").textContent = r.toFixed(3);
  $("score-value").textContent = has ? score.toFixed(3) : "–";
  const isKnown = !Number.isNaN(loop);
  $("loop-value").textContent = isKnown ? loop.toFixed(3) : "–";
  $("bars-count").textContent = bars.length === 1 ? "1 loop" : `${bars.length} loops`;
  const fps = 1000 / mean(gaps);
  const ms = mean(work);
  $("speed").textContent = running && gaps.count > 0 ? `${fps.toFixed(0)} frames a second` : "";
  Object.assign(document.body.dataset, { fps: fps.toFixed(1), frameMs: ms.toFixed(2) });
  const aspect = score >= SOFT ? "clear" : score >= HARD ? "caution" : "stop";
  $("signal").setAttribute("data-aspect", has ? aspect : "off");
  $("circle").setAttribute("aria-label", `Phases on the circle, R = ${r.toFixed(2)}`);
  const loops = isKnown ? loop.toFixed(2) : "unknown";
  const words = `R ${r.toFixed(2)}, SEC score ${score.toFixed(2)}, loop probability ${loops}`;
  $("time").setAttribute("aria-label", `Coherence over the last 20 seconds; now ${words}`);
  const longest = bars[0] === undefined ? "none" : (bars[0].death - bars[0].birth).toFixed(2);
  $("bars").setAttribute("aria-label", `${bars.length} loops, the longest ${longest}`);
}
setInterval(tell, 200);

// Controls.

function show() {
  const { coupling, noise, field } = drive();
  $("coupling-value").textContent = `× ${coupling.toFixed(2)}`;
  $("noise-value").textContent = `${noise.toFixed(2)} rad/√s`;
  $("field-value").textContent = `${field.toFixed(1)} rad/s`;
  $("run").textContent = running ? "Pause" : "Run";
}

form.addEventListener("input", () => {
  engine.drive(drive());
  show();
});

form.addEventListener("change", (event) => {
  if (/** @type {HTMLInputElement} */ (event.target).name !== "population") return;
  engine.free();
  engine = createEngine(population(), drive());
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  running = !running;
  show();
});

$("scatter").addEventListener("click", () => engine.scatter());

const readout = $("cell").textContent;
$("matrix").addEventListener("pointermove", (event) => {
  const { clientWidth, clientHeight } = $("matrix");
  const column = Math.min(N - 1, Math.floor((event.offsetX / clientWidth) * N));
  const row = Math.min(N - 1, Math.floor((event.offsetY / clientHeight) * N));
  const k = engine.coupling[row * N + column] ?? 0;
  $("cell").textContent = `${names[column]} on ${names[row]}: ${k.toFixed(3)} rad/s`;
});
$("matrix").addEventListener("pointerleave", () => {
  $("cell").textContent = readout;
});

show();
tell();
requestAnimationFrame(frame);
