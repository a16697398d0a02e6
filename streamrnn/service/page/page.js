"use strict";

// Everything on the page comes from /api/overview and /api/streams, asked again every few seconds
// while the page is visible. Text from sensors reaches the document only through textContent.

const REFRESH_MS = 5000;
const PAGE_SIZE = 200;
const SVG = "http://www.w3.org/2000/svg";

const byId = (id) => document.getElementById(id);
const rows = new Map(); // stream name -> row
let limit = PAGE_SIZE;
let timer = null;
let latest = 0; // number of the newest refresh: an older answer that comes late is dropped

// ---- text

const grouped = new Intl.NumberFormat("en");

// As many decimals as the width of the band gives sense to; without a band six digits.
function decimals(stream) {
  const width = stream.yhat_upper - stream.yhat_lower;
  return width > 0 ? Math.min(Math.max(2 - Math.floor(Math.log10(width)), 0), 8) : null;
}

function number(value, places) {
  if (value === null) return "–";
  const size = Math.abs(value);
  if (size >= 1e9 || (size > 0 && size < 1e-5)) return value.toExponential(3);
  return String(Number(places === null ? value.toPrecision(6) : value.toFixed(places)));
}

function duration(seconds) {
  if (seconds < 1) return "now";
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

const clock = (seconds) => new Date(seconds * 1000).toLocaleString();

function counted(count, one, many) {
  return `${grouped.format(count)} ${count === 1 ? one : many}`;
}

// ---- elements

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function shape(tag, className, attributes) {
  const made = document.createElementNS(SVG, tag);
  made.setAttribute("class", className);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function drawing(width, height, shapes) {
  const made = shape("svg", "", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  made.append(...shapes);
  return made;
}

// The band as a bar, the forecast as a line in it, the value as a dot, on one common scale.
function bandDrawing(stream) {
  const width = 120, height = 16, pad = 6;
  const points = [stream.yhat_lower, stream.yhat_upper, stream.value].filter((v) => v !== null);
  const low = Math.min(...points), high = Math.max(...points);
  const margin = (stream.yhat_upper - stream.yhat_lower) * 0.4;
  const from = low - margin, span = high - low + 2 * margin;
  const x = (v) => (span > 0 ? pad + ((v - from) / span) * (width - 2 * pad) : width / 2);
  const left = x(stream.yhat_lower);
  const bandWidth = Math.max(x(stream.yhat_upper) - left, 2);
  const shapes = [
    shape("line", "axis", { x1: 0, x2: width, y1: 8, y2: 8 }),
    shape("rect", "band", { x: left, y: 2, width: bandWidth, height: 12, rx: 2 }),
    shape("line", "yhat", { x1: x(stream.yhat), x2: x(stream.yhat), y1: 2, y2: 14 }),
  ];
  if (stream.value !== null) shapes.push(shape("circle", "dot", { cx: x(stream.value), cy: 8, r: 4 }));
  return drawing(width, height, shapes);
}

// 0 to 2, with the line at 1 where a reading becomes an anomaly.
function scoreDrawing(score) {
  const width = 60;
  const filled = (Math.min(Math.max(score, 0), 2) / 2) * width;
  return drawing(width, 10, [
    shape("rect", "track", { x: 0, y: 3, width, height: 4, rx: 2 }),
    shape("rect", "fill", { x: 0, y: 3, width: filled, height: 4, rx: 2 }),
    shape("line", "limit", { x1: width / 2, x2: width / 2, y1: 0, y2: 10 }),
  ]);
}

// ---- streams

// A name breaks after its slashes, if it must.
function breakable(name) {
  return name.split(/(?<=\/)/).flatMap((part, i) => (i ? [document.createElement("wbr"), part] : [part]));
}

function makeRow(name) {
  const cells = {
    name: element("td", "name", ...breakable(name)),
    state: element("td", "state"),
    value: element("td", "value number"),
    band: element("td", "band-cell"),
    score: element("td", "score-cell"),
    age: element("td", "age number"),
  };
  return { line: element("tr", "", ...Object.values(cells)), cells };
}

function updateRow({ line, cells }, stream, now) {
  line.className = stream.state;
  const text = stream.state === "warming"
    ? `warming ${Math.floor(stream.warm_up * 100)}%`
    : stream.state;
  cells.state.replaceChildren(element("span", `tag ${stream.state}`, text));
  const places = decimals(stream);
  cells.value.textContent = number(stream.value, places);

  if (stream.yhat_lower === null || stream.yhat_upper === null) {
    cells.band.textContent = "";
  } else {
    const band = `${number(stream.yhat_lower, places)} to ${number(stream.yhat_upper, places)}`;
    cells.band.replaceChildren(
      element("div", "expected", bandDrawing(stream), element("span", "", band)));
  }
  if (stream.state === "warming" || stream.score === null) {
    cells.score.textContent = "";
  } else {
    cells.score.replaceChildren(element(
      "div", stream.score > 1 ? "score above" : "score",
      scoreDrawing(stream.score), element("span", "", stream.score.toFixed(2))));
  }
  cells.age.textContent = stream.time === null ? "" : duration(now - stream.time);
  cells.age.title = stream.time === null ? "" : clock(stream.time);
}

function showStreams(answer) {
  // Rows are kept and moved, so that a selection or a screen reader's place survives a refresh.
  const lines = answer.streams.map((stream) => {
    if (!rows.has(stream.name)) rows.set(stream.name, makeRow(stream.name));
    updateRow(rows.get(stream.name), stream, answer.time);
    return rows.get(stream.name).line;
  });
  const shown = new Set(answer.streams.map((stream) => stream.name));
  for (const name of [...rows.keys()]) if (!shown.has(name)) rows.delete(name);
  const body = byId("streams");
  const moved = lines.length !== body.children.length || lines.some((line, i) => line !== body.children[i]);
  if (moved) body.replaceChildren(...lines);

  const all = grouped.format(answer.total);
  const filtered = answer.matched !== answer.total;
  byId("streams-count").textContent = filtered ? `${grouped.format(answer.matched)} of ${all}` : all;
  byId("table").hidden = answer.matched === 0;
  byId("nothing").hidden = answer.matched > 0;
  byId("nothing").textContent = answer.total > 0
    ? "No stream has a name like this."
    : "No readings yet. Streams appear here as soon as a subscribed topic speaks.";
  byId("more").hidden = answer.streams.length >= answer.matched || limit >= 1000;
}

// ---- overview

function showOverview(answer) {
  document.title = answer.anomalies.length
    ? `(${answer.anomalies.length}) ${answer.gateway} · streamrnn`
    : `${answer.gateway} · streamrnn`;
  byId("gateway").textContent = answer.gateway;
  pill(answer.ready ? "good" : "bad",
    `${answer.connected ? "connected" : "not connected"}, ${answer.ready ? "ready" : "not ready"}`);
  problems(Object.entries(answer.problems).map(([part, reason]) => `${part}: ${reason}`));

  const { warming, normal, anomaly } = answer.streams;
  const open = answer.anomalies.length;
  byId("anomalies-count").textContent = open ? grouped.format(open) : "";
  byId("calm").hidden = open > 0;
  byId("calm").textContent = normal + anomaly === 0 && warming > 0
    ? "None. All streams are still warming up; the model raises no alerts yet."
    : "None.";
  const sentences = answer.anomalies.map((event) => element(
    "li", "", event.message,
    element("small", "", `${event.kind.replaceAll("_", " ")}, since ${clock(event.since)}, score ${event.score.toFixed(2)}`)));
  const text = sentences.map((item) => item.textContent).join("\n");
  const list = byId("anomalies");
  if ([...list.children].map((item) => item.textContent).join("\n") !== text) {
    list.replaceChildren(...sentences);
  }
  byId("totals").textContent = [
    `streamrnn ${answer.version}`,
    counted(answer.readings_total, "reading", "readings"),
    `${grouped.format(normal)} normal`,
    `${grouped.format(warming)} warming up`,
    counted(anomaly, "anomaly", "anomalies"),
  ].join(" · ");
}

function pill(className, text) {
  byId("state").className = `pill ${className}`;
  byId("state").textContent = text;
}

function problems(texts) {
  byId("problems").hidden = texts.length === 0;
  byId("problems").replaceChildren(...texts.map((text) => element("li", "", text)));
}

// ---- refresh

async function ask(path) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(REFRESH_MS) });
  if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status}`);
  return answer.json();
}

async function refresh() {
  clearTimeout(timer);
  const mine = ++latest;
  const query = new URLSearchParams({ q: byId("filter").value.trim(), limit });
  try {
    const [overview, streams] = await Promise.all([ask("api/overview"), ask(`api/streams?${query}`)]);
    if (mine !== latest) return;
    showOverview(overview);
    showStreams(streams);
  } catch (error) {
    if (mine !== latest) return;
    pill("bad", "no answer");
    problems([`The gateway does not answer (${error.message}). What you see may be out of date.`]);
  }
  if (!document.hidden) timer = setTimeout(refresh, REFRESH_MS);
}

byId("filter").addEventListener("input", () => {
  limit = PAGE_SIZE;
  clearTimeout(timer);
  timer = setTimeout(refresh, 200);
});
byId("more").addEventListener("click", () => {
  limit = Math.min(limit + PAGE_SIZE, 1000);
  refresh();
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
refresh();
