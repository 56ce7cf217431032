// What the page paints, each on a canvas of its own, in real pixels.

/** @typedef {ReturnType<typeof createPalette>} Palette */

const NAMES = ["surface", "ink", "soft", "edge", "blue", "green", "violet", "red", "amber"];

/** The page's colours as they are now; they follow the theme. */
export function createPalette() {
  const probe = document.createElement("i");
  probe.hidden = true;
  document.body.append(probe);
  /** @type {Record<string, string>} */
  const colours = {};
  const read = () => {
    for (const name of NAMES) {
      probe.style.color = `var(--${name})`;
      colours[name] = getComputedStyle(probe).color;
    }
  };
  read();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", read);
  new MutationObserver(read).observe(document.documentElement, { attributes: true });
  /** @param {string} name */
  return (name) => colours[name] ?? "gray";
}

/**
 * A canvas as large as it is shown: `paint` gets the brush, width and height.
 *
 * @param {HTMLCanvasElement} canvas
 */
export function createCanvas(canvas) {
  const brush = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  let width = 0;
  let height = 0;
  const fit = () => {
    const scale = Math.min(devicePixelRatio, 2);
    ({ clientWidth: width, clientHeight: height } = canvas);
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    brush.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
  };
  fit();
  new ResizeObserver(fit).observe(canvas);
  /** @param {(brush: CanvasRenderingContext2D, width: number, height: number) => void} paint */
  return (paint) => {
    brush.clearRect(0, 0, width, height);
    brush.font = "11.5px Inter, ui-sans-serif, system-ui, sans-serif";
    brush.lineJoin = "round";
    brush.lineCap = "round";
    if (width > 0) paint(brush, width, height);
  };
}

/** Hue of an oscillator. */
export const hueOf = (/** @type {number} */ n, /** @type {number} */ of) => (n * 300) / of + 20;

/**
 * @param {ReturnType<typeof createCanvas>} canvas @param {Palette} palette
 * @param {{ theta: Float64Array, r: number }} state
 */
export function paintCircle(canvas, palette, { theta, r }) {
  canvas((brush, width, height) => {
    const [x, y] = [width / 2, height / 2];
    const radius = Math.min(x, y) - 16;
    brush.strokeStyle = palette("edge");
    brush.lineWidth = 1.5;
    ring(brush, x, y, radius);
    brush.lineWidth = 1;
    ring(brush, x, y, radius / 2);
    let [sine, cosine] = [0, 0];
    theta.forEach((phase, n) => {
      const [s, c] = [Math.sin(phase), Math.cos(phase)];
      sine += s;
      cosine += c;
      brush.fillStyle = `oklch(66% 0.15 ${hueOf(n, theta.length)})`;
      brush.beginPath();
      brush.arc(x + radius * c, y - radius * s, 7, 0, 7);
      brush.fill();
      brush.strokeStyle = palette("surface");
      brush.lineWidth = 1.5;
      brush.stroke();
    });
    const mean = Math.atan2(sine, cosine);
    const [tipX, tipY] = [x + radius * r * Math.cos(mean), y - radius * r * Math.sin(mean)];
    brush.strokeStyle = brush.fillStyle = palette("ink");
    brush.lineWidth = 2.5;
    brush.beginPath();
    brush.moveTo(x, y);
    brush.lineTo(tipX, tipY);
    brush.stroke();
    brush.beginPath();
    brush.arc(tipX, tipY, 4, 0, 7);
    brush.fill();
  });
}

/** @param {CanvasRenderingContext2D} brush @param {number} x @param {number} y @param {number} radius */
function ring(brush, x, y, radius) {
  brush.beginPath();
  brush.arc(x, y, radius, 0, 7);
  brush.stroke();
}

/** Values over the last seconds, the oldest overwritten by the newest. */
export class History {
  /** @param {number} length */
  constructor(length) {
    this.values = new Float64Array(length);
    this.next = 0;
    this.count = 0;
  }

  /** @param {number} value */
  push(value) {
    this.values[this.next] = value;
    this.next = (this.next + 1) % this.values.length;
    this.count = Math.min(this.count + 1, this.values.length);
  }

  /** The value so many pushes ago. */
  at(/** @type {number} */ ago) {
    const { length } = this.values;
    return this.values[(this.next - 1 - ago + 2 * length) % length] ?? 0;
  }
}

/** @type {[name: string, limit: number][]} */
const LIMITS = [
  ["amber", 0.7],
  ["red", 0.5],
];

/**
 * @param {ReturnType<typeof createCanvas>} canvas @param {Palette} palette
 * @param {[colour: string, history: History][]} lines
 */
export function paintTime(canvas, palette, lines) {
  canvas((brush, width, height) => {
    const [left, right, top, bottom] = [30, width - 6, 8, height - 20];
    const y = (/** @type {number} */ value) => top + (1 - value) * (bottom - top);
    brush.lineWidth = 1;
    brush.textAlign = "right";
    for (const value of [0, 0.25, 0.5, 0.75, 1]) {
      brush.strokeStyle = palette("edge");
      line(brush, left, Math.round(y(value)) + 0.5, right, Math.round(y(value)) + 0.5);
      brush.fillStyle = palette("soft");
      brush.fillText(String(value), left - 7, y(value) + 4);
    }
    brush.setLineDash([4, 4]);
    for (const [colour, limit] of LIMITS) {
      brush.strokeStyle = palette(colour);
      line(brush, left, y(limit), right, y(limit));
    }
    brush.setLineDash([]);
    brush.lineWidth = 2;
    for (const [colour, history] of lines) {
      const step = (right - left) / (history.values.length - 1);
      brush.strokeStyle = palette(colour);
      brush.beginPath();
      let isDown = false;
      for (let ago = 0; ago < history.count; ago += 1) {
        const value = history.at(ago);
        // A line does not bridge what does not exist.
        if (isDown) brush.lineTo(right - ago * step, y(value));
        else brush.moveTo(right - ago * step, y(value));
        isDown = !Number.isNaN(value);
      }
      brush.stroke();
    }
    brush.fillStyle = palette("soft");
    brush.textAlign = "left";
    brush.fillText("20 s ago", left, height - 4);
    brush.textAlign = "right";
    brush.fillText("now", right, height - 4);
  });
}

/** @param {CanvasRenderingContext2D} brush @param {[number, number, number, number]} ends */
function line(brush, ...[x1, y1, x2, y2]) {
  brush.beginPath();
  brush.moveTo(x1, y1);
  brush.lineTo(x2, y2);
  brush.stroke();
}

/**
 * A square matrix, row by row, with values in [-1, 1]: blue above 0, red below.
 *
 * @param {ReturnType<typeof createCanvas>} canvas @param {Palette} palette
 * @param {ArrayLike<number>} values @param {number} n
 */
export function paintMatrix(canvas, palette, values, n) {
  canvas((brush, width) => {
    const cell = width / n;
    for (let row = 0; row < n; row += 1) {
      for (let column = 0; column < n; column += 1) {
        const value = values[row * n + column] ?? 0;
        brush.globalAlpha = row === column ? 1 : Math.min(1, 0.06 + 0.94 * Math.abs(value));
        brush.fillStyle = palette(row === column ? "edge" : value < 0 ? "red" : "blue");
        brush.fillRect(column * cell + 0.5, row * cell + 0.5, cell - 1, cell - 1);
      }
    }
    brush.globalAlpha = 1;
  });
}

/** Most bars that are shown. */
const MOST = 24;

/**
 * @param {ReturnType<typeof createCanvas>} canvas @param {Palette} palette
 * @param {{ bars: readonly import("./engine.js").Bar[], diameter: number }} state
 */
export function paintBars(canvas, palette, { bars, diameter }) {
  canvas((brush, width, height) => {
    const [left, right, bottom] = [8, width - 8, height - 22];
    const x = (/** @type {number} */ d) => left + (d / Math.max(diameter, 1e-9)) * (right - left);
    brush.strokeStyle = palette("edge");
    brush.lineWidth = 1;
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      const at = Math.round(left + share * (right - left)) + 0.5;
      line(brush, at, 6, at, bottom);
    }
    brush.fillStyle = palette("soft");
    brush.textAlign = "left";
    brush.fillText("distance 0", left, height - 6);
    brush.textAlign = "right";
    brush.fillText(diameter > 0 ? `widest ${diameter.toFixed(2)}` : "", right, height - 6);
    if (bars.length === 0) {
      brush.textAlign = "center";
      const why = diameter > 0 ? "no loops" : "collecting 52 samples";
      brush.fillText(why, width / 2, height / 2);
      return;
    }
    const row = (bottom - 12) / MOST;
    bars.slice(0, MOST).forEach(({ birth, death }, index) => {
      brush.strokeStyle = palette(index === 0 ? "violet" : "soft");
      brush.lineWidth = Math.min(7, row - 3);
      const at = 12 + (index + 0.5) * row;
      line(brush, x(birth), at, Math.max(x(death), x(birth) + 0.5), at);
    });
  });
}
