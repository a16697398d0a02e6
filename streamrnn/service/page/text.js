// Numbers, times and names as people read them, and the elements that hold them.

export const byId = (id) => document.getElementById(id);

const grouped = new Intl.NumberFormat("en");
export const whole = (count) => grouped.format(count);
export const counted = (count, one, many) => `${whole(count)} ${count === 1 ? one : many}`;

// As many decimals as the width of the band gives sense to; without a band six digits.
export function decimals(stream) {
  const width = stream.yhat_upper - stream.yhat_lower;
  return width > 0 ? Math.min(Math.max(2 - Math.floor(Math.log10(width)), 0), 8) : null;
}

export function number(value, places) {
  if (value === null) return "–";
  const size = Math.abs(value);
  if (size >= 1e9 || (size > 0 && size < 1e-5)) return value.toExponential(3);
  return String(Number(places === null ? value.toPrecision(6) : value.toFixed(places)));
}

export function duration(seconds) {
  if (seconds < 1) return "now";
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

export const clock = (seconds) => new Date(seconds * 1000).toLocaleString();
export const words = (kind) => kind.replaceAll("_", " ");

export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

// A name breaks after its slashes, if it must.
export function breakable(name) {
  return name.split(/(?<=\/)/).flatMap((part, i) => (i ? [document.createElement("wbr"), part] : [part]));
}

// Text that is the same is not touched: a selection or a screen reader's place survives.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
