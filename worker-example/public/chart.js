// The score against the three limits, as SVG in real pixels so that lines stay crisp at every size.

/** @typedef {import("./monitor.js").Point} Point */
/** @typedef {import("./monitor.js").Limits} Limits */

const TOP = 14;
const BOTTOM = 26;
const LEFT = 34;
const RIGHT = 12;
/** The chart is as wide as this many pieces of text, and wider when there are more. */
const EXPECTED = { delta: 100, sentence: 8 };

/**
 * @param {SVGSVGElement} svg
 * @param {(point: Point) => string} colour
 * @param {(index: number | null) => void} onHover The token under the pointer.
 */
export function createChart(svg, colour, onHover) {
  /** @type {Limits} */
  let limits;
  /** @type {"delta" | "sentence"} */
  let unit = "delta";
  /** @type {Point[]} */
  let points = [];
  /** @type {number | null} */
  let cursor = null;
  /** @type {number | null} */
  let haltedAt = null;

  const width = () => svg.clientWidth;
  const height = () => svg.clientHeight;
  const span = () => Math.max(EXPECTED[unit], points.length + (unit === "delta" ? 4 : 0));
  const x = (/** @type {number} */ i) => LEFT + ((i + 0.5) / span()) * (width() - LEFT - RIGHT);
  const y = (/** @type {number} */ v) =>
    TOP + (1 - Math.min(Math.max(v, 0), 1)) * (height() - TOP - BOTTOM);

  function draw() {
    if (!limits) return;
    const right = width() - RIGHT;
    const parts = [];
    for (const v of [0, 0.25, 0.5, 0.75, 1]) {
      parts.push(line("grid", LEFT, y(v), right, y(v)));
      parts.push(text("tick", LEFT - 8, y(v) + 4, String(v), "end"));
    }
    const step = unit === "sentence" ? 1 : width() < 420 ? 25 : 20;
    const first = unit === "sentence" ? 2 : step;
    for (let i = first; i <= span(); i += step) {
      parts.push(text("tick", x(i - 1), height() - 6, String(i), "middle"));
    }
    parts.push(text("tick", LEFT, height() - 6, unit === "delta" ? "token" : "sentence", "start"));

    parts.push(
      area(
        "trend-area",
        points.map((p) => p.floor),
      ),
    );
    parts.push(
      path(
        "trend",
        points.map((p) => p.floor),
      ),
    );
    const from = points.findIndex((p) => p.floor !== null);
    if (from >= 0) {
      const top = y(points[from]?.floor ?? 0) - 6;
      parts.push(text("trend-name", x(from), top, "least next score by trend", "start"));
    }
    parts.push(line("hard", LEFT, y(limits.hard_limit), right, y(limits.hard_limit)));
    parts.push(
      line("window-limit", LEFT, y(limits.window_threshold), right, y(limits.window_threshold)),
    );
    parts.push(text("hard-name", right, y(limits.hard_limit) + 14, "hard limit", "end"));
    parts.push(text("window-name", right, y(limits.window_threshold) + 14, "least average", "end"));
    parts.push(
      path(
        "window",
        points.map((p) => p.average),
      ),
    );
    parts.push(
      path(
        "score",
        points.map((p) => p.score),
      ),
    );
    const radius = unit === "sentence" ? 4 : width() < 420 ? 1.9 : 2.4;
    points.forEach((p, i) => {
      parts.push(
        `<circle cx="${f(x(i))}" cy="${f(y(p.score))}" r="${radius}" style="fill:${colour(p)}"/>`,
      );
    });
    const stop = haltedAt === null ? undefined : points[haltedAt];
    if (haltedAt !== null && stop !== undefined) {
      const at = x(haltedAt);
      parts.push(line("halt", at, TOP - 6, at, height() - BOTTOM));
      parts.push(`<circle class="halt-mark" cx="${f(at)}" cy="${f(y(stop.score))}" r="5.5"/>`);
      const left = at > width() - 70;
      parts.push(
        text("halt-label", left ? at - 7 : at + 7, TOP + 2, "halt", left ? "end" : "start"),
      );
    }
    const under = cursor === null ? undefined : points[cursor];
    if (cursor !== null && under !== undefined) {
      parts.push(line("cursor", x(cursor), TOP, x(cursor), height() - BOTTOM));
      parts.push(
        `<circle class="cursor-mark" cx="${f(x(cursor))}" cy="${f(y(under.score))}" r="4.5" style="fill:${colour(under)}"/>`,
      );
    }
    svg.setAttribute("viewBox", `0 0 ${width()} ${height()}`);
    svg.innerHTML = parts.join("");
  }

  /** Segments of neighbouring values, so that a line does not bridge what does not exist. */
  function path(/** @type {string} */ name, /** @type {(number | null)[]} */ values) {
    let d = "";
    values.forEach((v, i) => {
      if (v === null) return;
      d += `${(values[i - 1] ?? null) === null ? "M" : "L"}${f(x(i))} ${f(y(v))}`;
    });
    return `<path class="${name}" d="${d}"/>`;
  }

  function area(/** @type {string} */ name, /** @type {(number | null)[]} */ values) {
    const first = values.findIndex((v) => v !== null);
    if (first < 0) return "";
    const base = y(0);
    const top = values.slice(first).map((v, i) => `L${f(x(first + i))} ${f(y(v ?? 0))}`);
    return `<path class="${name}" d="M${f(x(first))} ${f(base)}${top.join("")}L${f(x(values.length - 1))} ${f(base)}Z"/>`;
  }

  svg.addEventListener("pointermove", (event) => {
    const at = event.clientX - svg.getBoundingClientRect().left;
    const index = Math.round(((at - LEFT) / (width() - LEFT - RIGHT)) * span() - 0.5);
    onHover(index >= 0 && index < points.length ? index : null);
  });
  svg.addEventListener("pointerleave", () => onHover(null));
  new ResizeObserver(draw).observe(svg);

  return {
    /** @param {string} of @param {Limits} by */
    prepare(of, by) {
      unit = of === "sentence" ? "sentence" : "delta";
      limits = by;
    },
    /** @param {Point[]} next @param {number | null} halt The index of the point that halted. */
    show(next, halt) {
      points = next;
      haltedAt = halt;
      draw();
    },
    /** @param {number | null} index */
    point(index) {
      cursor = index;
      draw();
    },
  };
}

const f = (/** @type {number} */ n) => n.toFixed(1);

const line = (
  /** @type {string} */ name,
  /** @type {number} */ x1,
  /** @type {number} */ y1,
  /** @type {number} */ x2,
  /** @type {number} */ y2,
) => `<line class="${name}" x1="${f(x1)}" y1="${f(y1)}" x2="${f(x2)}" y2="${f(y2)}"/>`;

const text = (
  /** @type {string} */ name,
  /** @type {number} */ x,
  /** @type {number} */ y,
  /** @type {string} */ content,
  /** @type {string} */ anchor,
) => `<text class="${name}" x="${f(x)}" y="${f(y)}" text-anchor="${anchor}">${content}</text>`;
