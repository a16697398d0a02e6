// Everything on the page comes from /api/overview and /api/streams, asked again every few seconds
// while the page is visible. Text from sensors reaches the document only through textContent.

import { knows, showStreams } from "./streams.js";
import { byId, clock, counted, element, setText, whole, words } from "./text.js";

const REFRESH_MS = 5000;
const PAGE_SIZE = 100;
const MOST_ROWS = 1000;
const ANOMALIES_SHOWN = 20;
const STATES = ["", "anomaly", "warming", "normal"];

let limit = PAGE_SIZE;
let state = ""; // show only streams in this one
let timer = null;
let latest = 0; // number of the newest refresh: an older answer that comes late is dropped
let trailWanted = true; // what was before the page knew of it

// ---- overview

function showOverview(answer) {
  const open = answer.anomalies.length;
  document.title = `${open ? `(${open}) ` : ""}${answer.gateway} · streamrnn`;
  setText(byId("gateway"), answer.gateway);
  pill(answer.ready ? "good" : "bad",
    `${answer.connected ? "connected" : "not connected"}, ${answer.ready ? "ready" : "not ready"}`);
  problems(Object.entries(answer.problems).map(([part, reason]) => `${part}: ${reason}`));
  const { warming, normal, anomaly } = answer.streams;
  const counts = { "": warming + normal + anomaly, anomaly, warming, normal };
  for (const each of STATES) setText(byId(`count-${each || "all"}`), whole(counts[each]));
  showAnomalies(answer, counts);
  showDropped(answer.dropped);
  setText(byId("totals"), [
    `streamrnn ${answer.version}`,
    `${counted(answer.readings_total, "reading", "readings")} since the start`,
  ].join(" · "));
}

function showAnomalies(answer, counts) {
  const open = answer.anomalies.length;
  setText(byId("anomalies-count"), open ? whole(open) : "");
  byId("calm").hidden = open > 0;
  setText(byId("calm"), counts.normal + counts.anomaly === 0 && counts.warming > 0
    ? "None. All streams are still warming up; the model raises no alerts yet."
    : "None.");
  const items = answer.anomalies.slice(0, ANOMALIES_SHOWN).map((event) => {
    const since = `${words(event.kind)}, since ${clock(event.since)}, score ${event.score.toFixed(2)}`;
    return element("li", "", event.message, element("small", "", since));
  });
  if (open > items.length) items.push(element("li", "", `and ${whole(open - items.length)} more: see below`));
  const text = (nodes) => [...nodes].map((item) => item.textContent).join("\n");
  const list = byId("anomalies");
  if (text(list.children) !== text(items)) list.replaceChildren(...items);
}

function showDropped(dropped) {
  const count = (wanted) => dropped.filter(wanted).reduce((sum, each) => sum + each.count, 0);
  const serious = count((each) => !each.harmless), harmless = count((each) => each.harmless);
  byId("dropped").hidden = dropped.length === 0;
  byId("dropped").classList.toggle("serious", serious > 0);
  setText(byId("dropped-title"), [
    ...(serious ? [`${whole(serious)} left out that may matter`] : []),
    ...(harmless ? [`${whole(harmless)} left out as it should be`] : []),
  ].join(", "));
  byId("dropped-rows").replaceChildren(
    ...[...dropped].sort((a, b) => a.harmless - b.harmless).map((each) => element("tr", "",
      element("td", "number", whole(each.count)),
      element("td", "", element("code", "", each.reason)),
      element("td", "", `${each.meaning}${each.harmless ? " (as it should be)" : ""}`))));
}

function pill(className, text) {
  byId("state").className = `pill ${className}`;
  setText(byId("state"), text);
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
  const query = new URLSearchParams({
    q: byId("filter").value.trim(), state, limit, trail: Number(trailWanted),
  });
  try {
    const [overview, streams] = await Promise.all([ask("api/overview"), ask(`api/streams?${query}`)]);
    if (mine !== latest) return;
    trailWanted = streams.streams.some((stream) => !knows(stream.name)) && !trailWanted;
    showOverview(overview);
    showStreams(streams, limit < MOST_ROWS);
  } catch (error) {
    if (mine !== latest) return;
    pill("bad", "no answer");
    problems([`The gateway does not answer (${error.message}). What you see may be out of date.`]);
  }
  if (!document.hidden) timer = setTimeout(refresh, REFRESH_MS);
}

function refreshSoon(milliseconds) {
  limit = PAGE_SIZE;
  trailWanted = true;
  clearTimeout(timer);
  timer = setTimeout(refresh, milliseconds);
}

for (const each of STATES) {
  const button = byId(`show-${each || "all"}`);
  button.addEventListener("click", () => {
    state = each;
    for (const other of STATES) {
      byId(`show-${other || "all"}`).setAttribute("aria-pressed", String(other === each));
    }
    refreshSoon(0);
  });
}
byId("filter").addEventListener("input", () => refreshSoon(200));
byId("more").addEventListener("click", () => {
  limit = Math.min(limit + PAGE_SIZE, MOST_ROWS);
  trailWanted = true;
  refresh();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  trailWanted = true; // nothing was asked while nobody looked
  refresh();
});
refresh();
