// The table of streams: a row each, and below it, when asked for, its details.

import { bounds, chart, follow, span } from "./chart.js";
import { breakable, byId, clock, decimals, duration, element, number, setText, words } from "./text.js";

const SMALL = { width: 220, height: 46, strip: 10 };
const LARGE = { width: 900, height: 220, strip: 40 };

const rows = new Map(); // stream name -> row

export const knows = (name) => rows.has(name);

function makeRow(name) {
  const cell = (className, ...children) => element("td", className, ...children);
  const toggle = element("button", "toggle", ...breakable(name));
  toggle.type = "button";
  toggle.setAttribute("aria-expanded", "false");
  const about = element("small", "about");
  const cells = {
    name: cell("name", toggle, about),
    state: cell("state"),
    value: cell("value number"),
    band: cell("band-cell"),
    chart: cell("chart-cell"),
    score: cell("score-cell number"),
    age: cell("age number"),
  };
  const row = {
    cells, about, points: [], stream: null, now: 0,
    line: element("tr", "", ...Object.values(cells)),
    details: element("tr", "details", element("td", "")),
  };
  row.details.firstChild.colSpan = Object.keys(cells).length;
  row.details.hidden = true;
  toggle.addEventListener("click", () => {
    row.details.hidden = !row.details.hidden;
    toggle.setAttribute("aria-expanded", String(!row.details.hidden));
    updateDetails(row);
  });
  return row;
}

function update(row, stream, now) {
  row.stream = stream;
  row.now = now;
  if (stream.trail.length) row.points = stream.trail.filter((point) => point[0] < now);
  follow(row.points, [now, stream.value, stream.yhat_lower, stream.yhat_upper, stream.score]);
  const { cells } = row;
  const places = decimals(stream);
  row.line.className = stream.state;
  setText(row.about, [stream.device, stream.title].filter((text) => !stream.name.includes(text)).join(", "));
  cells.state.replaceChildren(...stateOf(stream));
  setText(cells.value, stream.unit && stream.value !== null
    ? `${number(stream.value, places)} ${stream.unit}` : number(stream.value, places));
  setText(cells.band, band(stream, places));
  cells.chart.replaceChildren(chart(row.points, now, SMALL));
  const judged = stream.state !== "warming" && stream.score !== null;
  setText(cells.score, judged ? stream.score.toFixed(2) : "");
  cells.score.classList.toggle("above", judged && stream.score > 1);
  setText(cells.age, stream.time === null ? "" : duration(now - stream.time));
  cells.age.title = stream.time === null ? "" : clock(stream.time);
  updateDetails(row);
}

function band(stream, places) {
  if (stream.yhat_lower === null || stream.yhat_upper === null) return "";
  const [low, high] = [stream.yhat_lower, stream.yhat_upper].map((bound) => number(bound, places));
  return low === high ? low : `${low} to ${high}`;
}

function stateOf(stream) {
  if (stream.state === "warming") {
    const progress = element("progress", "");
    progress.max = 1;
    progress.value = stream.warm_up;
    progress.setAttribute("aria-label", "warm-up");
    const left = stream.warm_up_seconds >= 1 ? `, ${duration(stream.warm_up_seconds)} left` : "";
    return [
      element("span", "tag warming", "warming up"), progress,
      element("small", "", `${Math.floor(stream.warm_up * 100)} %${left}`),
    ];
  }
  if (stream.state === "anomaly") {
    return [element("span", "tag anomaly", words(stream.kind) || "anomaly")];
  }
  const tag = element("span", "tag normal", "normal");
  const notes = [
    ...(stream.active ? ["an anomaly is just over"] : []),
    ...(stream.quiet_until === null ? [] : [`quiet until ${clock(stream.quiet_until)}`]),
  ];
  return [tag, ...notes.map((note) => element("small", "", note))];
}

function updateDetails(row) {
  if (row.details.hidden) return;
  const { stream } = row;
  const places = decimals(stream);
  const range = bounds(row.points);
  const facts = [
    ["Expected", stream.yhat === null ? "not known yet" : `${number(stream.yhat, places)} (${band(stream, places)})`],
    ["Score", stream.score === null ? "–" : `${stream.score.toFixed(2)} (above 1 is anomalous)`],
    ["Forecast", skill(stream.skill_ratio)],
    ["A reading every", stream.interval === null ? "not known yet" : every(stream.interval)],
    ["Last reading", stream.time === null ? "none" : clock(stream.time)],
  ];
  if (stream.since !== null) facts.unshift(["Anomaly since", clock(stream.since)]);
  const list = element("dl", "", ...facts.map(([name, text]) =>
    element("div", "", element("dt", "", name), element("dd", "", text))));
  const scale = range
    ? `, from ${number(range[0], places)} to ${number(range[1], places)}${stream.unit ? ` ${stream.unit}` : ""}` : "";
  row.details.firstChild.replaceChildren(
    element("figure", "", chart(row.points, row.now, LARGE), element("figcaption", "",
      `The last ${duration(span(row.points, row.now))}${scale}: the value (line) in its expected band, unexpected readings (dots), `
      + "and below the score with the line at 1.")),
    list);
}

function skill(ratio) {
  if (ratio === null) return "no comparison yet";
  const percent = Math.round(Math.abs(1 - ratio) * 100);
  if (ratio >= 1) return "the network is no better than “as the last one”, which is used instead";
  return `the network's error is ${percent} % smaller than that of “as the last one”`;
}

const every = (seconds) => (seconds < 10 ? `${Number(seconds.toPrecision(2))} s` : duration(seconds));

export function showStreams(answer, mayAskForMore) {
  // Rows are kept and moved, so that a selection or a screen reader's place survives a refresh.
  const lines = answer.streams.flatMap((stream) => {
    if (!rows.has(stream.name)) rows.set(stream.name, makeRow(stream.name));
    const row = rows.get(stream.name);
    update(row, stream, answer.time);
    return [row.line, row.details];
  });
  const shown = new Set(answer.streams.map((stream) => stream.name));
  for (const name of [...rows.keys()]) if (!shown.has(name)) rows.delete(name);
  const body = byId("streams");
  if (lines.length !== body.children.length || lines.some((line, i) => line !== body.children[i])) {
    const focused = document.activeElement;
    body.replaceChildren(...lines);
    if (body.contains(focused)) focused.focus();
  }
  byId("table").hidden = answer.matched === 0;
  byId("nothing").hidden = answer.matched > 0;
  setText(byId("nothing"), answer.total > 0
    ? "No stream is like this."
    : "No readings yet. Streams appear here as soon as a subscribed topic speaks.");
  byId("more").hidden = answer.streams.length >= answer.matched || !mayAskForMore;
}
