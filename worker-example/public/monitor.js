// What the three limits look at, for display. The Worker decides; this only draws what it decided on.

/**
 * @typedef {{ hard_limit: number, soft_limit: number, window_size: number, window_threshold: number,
 *   trend_window: number, trend_threshold: number }} Limits
 * @typedef {{ score: number, average: number | null, drop: number | null, floor: number | null }} Point
 * `floor` is the score below which the next check would find a downward trend.
 */

/**
 * @param {number[]} scores The scores so far, the newest last.
 * @param {Limits} limits
 * @returns {Point}
 */
export function judge(scores, limits) {
  const score = scores.at(-1) ?? 0;
  const window = scores.slice(-limits.window_size);
  const full = window.length === limits.window_size;
  const average = full ? window.reduce((sum, value) => sum + value, 0) / window.length : null;
  const first = scores.at(-limits.trend_window);
  return {
    score,
    average,
    drop: first === undefined ? null : first - score,
    floor: first === undefined ? null : first - limits.trend_threshold,
  };
}

/**
 * Colour of a score: red at the hard limit and below, amber at the soft limit, green half way from there to 1.
 *
 * @param {number} score
 * @param {Limits} limits
 * @returns {string}
 */
export function colourOf(score, { hard_limit: hard, soft_limit: soft }) {
  const t =
    score <= soft
      ? (score - hard) / Math.max(soft - hard, 1e-9)
      : 1 + (score - soft) / Math.max((1 - soft) / 2, 1e-9);
  const at = Math.min(Math.max(t, 0), 2);
  const hue = at < 1 ? 25 + at * 50 : 75 + (at - 1) * 78;
  return `light-dark(oklch(64% 0.16 ${hue.toFixed(1)}), oklch(74% 0.15 ${hue.toFixed(1)}))`;
}
