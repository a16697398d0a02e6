// The value in its band, and below it the score, over the last quarter of an hour.
//
// A point is [time, value, lower, upper, score]; null: not known then.

const MOST_SECONDS = 900;
const LEAST_SECONDS = 120;

const SVG = "http://www.w3.org/2000/svg";
const MOST_SCORE = 2; // where its strip ends; 1, in the middle, is where a reading becomes an anomaly

export function shape(tag, className, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  made.setAttribute("class", className);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// Add what is new, forget what is too old.
export function follow(points, point) {
  const last = points.at(-1);
  if (!last || point[0] > last[0]) points.push(point);
  while (points.length && points[0][0] < point[0] - MOST_SECONDS) points.shift();
}

export function bounds(points) {
  const numbers = points.flatMap(([, ...rest]) => rest.slice(0, 3)).filter((each) => each !== null);
  if (!numbers.length) return null;
  const low = Math.min(...numbers), high = Math.max(...numbers);
  const margin = (high - low) * 0.06 || Math.abs(high) * 0.01 || 1;
  return [low - margin, high + margin];
}

// How far back the picture goes: as far as something is known.
export function span(points, now) {
  return Math.min(Math.max(now - points[0][0], LEAST_SECONDS), MOST_SECONDS);
}

// Stretches of points that follow each other without one that lacks the number at `index`.
function stretches(points, index) {
  const found = [[]];
  for (const point of points) {
    if (point[index] === null) found.push([]);
    else found.at(-1).push(point);
  }
  return found.filter((stretch) => stretch.length);
}

// `size`: { width, height, strip }, the strip being what the score takes of the height.
export function chart(points, now, size) {
  const { width, height, strip } = size;
  const range = bounds(points);
  const svg = shape("svg", "chart", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" });
  if (!range) return svg;
  const [low, high] = range;
  const plot = height - strip - 3;
  const seconds = span(points, now);
  const x = (time) => (width - 3 - ((now - time) / seconds) * (width - 6)).toFixed(1);
  const y = (value) => (1 + (1 - (value - low) / (high - low)) * (plot - 2)).toFixed(1);
  const line = (stretch, index) => stretch.map((point) => `${x(point[0])} ${y(point[index])}`).join("L");

  const band = stretches(points, 2)
    .map((stretch) => `M${line(stretch, 3)}L${line([...stretch].reverse(), 2)}Z`).join("");
  const value = stretches(points, 1).map((stretch) => `M${line(stretch, 1)}h.01`).join("");
  const odd = points.filter((point) => point[4] > 1 && point[1] !== null)
    .map((point) => `M${x(point[0])} ${y(point[1])}h.01`).join("");
  svg.append(
    shape("path", "band", { d: band }),
    shape("path", "value-line", { d: value }),
    shape("path", "odd", { d: odd }),
    ...scoreStrip(points, x, width, height, strip));
  return svg;
}

function scoreStrip(points, x, width, height, strip) {
  const y = (score) => (height - (Math.min(score, MOST_SCORE) / MOST_SCORE) * strip).toFixed(1);
  const area = stretches(points, 4).map((stretch) => {
    const top = stretch.map((point) => `L${x(point[0])} ${y(point[4])}`).join("");
    return `M${x(stretch[0][0])} ${height}${top}L${x(stretch.at(-1)[0])} ${height}Z`;
  }).join("");
  const above = points.filter((point) => point[4] > 1)
    .map((point) => `M${x(point[0])} ${height}V${y(point[4])}`).join("");
  const middle = height - strip / 2;
  return [
    shape("path", "score", { d: area }),
    shape("line", "limit", { x1: 0, x2: width, y1: middle, y2: middle }),
    shape("path", "score-above", { d: above }),
  ];
}
