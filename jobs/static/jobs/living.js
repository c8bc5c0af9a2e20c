// Keeps parts of an operators' page right: <div data-living="job.* alert.*" data-every="10">. When such an event happens, and each so many
// seconds without one (for depths and signs of life, of which no event tells), the page is asked anew and the parts are brought up to
// date. Never sooner than a second after the last time, nor so often that the server works at it more than a fifth of the time; never
// while nobody looks. A part says itself whether it goes on: a fresh part without data-living was the last. Lists stay where they are: new
// rows wait until they are asked for. Without this file every page works; nothing moves by itself.
import { morph } from "./morph.js";
import { follow } from "./stream.js";

const PACE = 1000;
const SHARE = 5;
const PATIENCE = 30000;
const MOST_ROWS = 200;
const WORDS = { live: "Live", waiting: "Reconnecting …", frozen: "Frozen", out: "Signed out: reload the page" };

const sign = document.getElementById("living");
const said = document.getElementById("living-said");
const freeze = document.getElementById("living-freeze");
const newer = document.getElementById("living-newer");
const newerSaid = document.getElementById("living-newer-said");
const living = () => [...document.querySelectorAll("[data-living]")];

let stop = null;
let state = "live";
let frozen = false;
let timer = 0;
let at = 0;
let earliest = 0;
let asking = false;
let everything = false;

function say(now) {
  state = now;
  const shown = frozen ? "frozen" : state;
  sign.dataset.state = shown;
  if (said.textContent !== WORDS[shown]) said.textContent = WORDS[shown];
}

// At most one appointment: the earliest that was wanted.
function soon(wait) {
  const wanted = Math.max(Date.now() + wait, earliest);
  if (asking) { at = Math.min(at, wanted); return; }
  if (timer && at <= wanted) return;
  clearTimeout(timer);
  at = wanted;
  timer = setTimeout(ask, at - Date.now());
}

async function ask() {
  clearTimeout(timer);
  timer = 0;
  if ((frozen && !everything) || document.hidden) return;
  const all = everything;
  asking = true;
  everything = false;
  at = Infinity;
  const began = performance.now();
  const fresh = await read(all);
  asking = false;
  earliest = Date.now() + Math.max(PACE, SHARE * (performance.now() - began));
  if (fresh === "out") return end("out");
  if (fresh) show(fresh, all);
  if (!living().length) return end();
  soon(Math.min(at - Date.now(), 1000 * Math.min(...living().map((part) => Number(part.dataset.every) || 30))));
}

async function read(all) {
  const address = new URL(location.href);
  const rows = [...document.querySelectorAll("tbody[data-steady] > tr[data-key]")].slice(0, MOST_ROWS);
  if (rows.length && !all) address.searchParams.set("shown", rows.map((row) => row.dataset.key).join(","));
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE) });
    if (answer.redirected || answer.status === 403) return "out";
    if (answer.ok) return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch { /* the server is away: the next time may be better */ }
  return null;
}

function show(fresh, all) {
  let waiting = 0;
  for (const part of living()) {
    const now = fresh.getElementById(part.id);
    if (now) waiting += morph(part, now, { steady: !all });
  }
  document.title = fresh.title;
  tell(waiting);
}

function tell(waiting) {
  const words = waiting ? `${waiting} new, show` : "";
  if (newer.textContent === words) return;
  newer.textContent = words;
  // Told to screen readers once, not at each number.
  newerSaid.textContent = waiting ? "There are new rows." : "";
  newer.hidden = !waiting;
}

function listen() {
  const names = new Set(living().flatMap((part) => part.dataset.living.split(" ")).filter(Boolean));
  stop?.();
  stop = names.size ? follow(() => `${sign.dataset.pulse}?${new URLSearchParams([...names].map((name) => ["hears", name]))}`,
    { changed: () => soon(0) }, heard) : null;
}

// What happened while the stream was away was not heard.
function heard(now) {
  say(now);
  if (now === "live") soon(0);
}

function quiet() {
  clearTimeout(timer);
  timer = 0;
  stop?.();
  stop = null;
}

function end(why = "") {
  quiet();
  if (why) { say(why); freeze.hidden = true; } else sign.hidden = true;
}

// When the stream is there it asks at once.
function goOn() {
  listen();
  soon(stop ? PACE : 0);
}

if (sign && living().length) {
  sign.hidden = false;
  say("live");
  goOn();
  freeze.addEventListener("click", () => {
    frozen = !frozen;
    freeze.textContent = frozen ? "Go on" : "Freeze";
    say(state);
    if (frozen) quiet(); else goOn();
  });
  newer.addEventListener("click", () => {
    document.querySelector("tbody[data-steady]")?.closest("[tabindex]")?.focus();
    everything = true;
    earliest = 0;
    soon(0);
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && sign.dataset.state !== "out" && !sign.hidden) soon(0);
  });
  // The page of a job has a stream of its own (live.js).
  document.addEventListener("conveyor:stream", (event) => { say(event.detail); });
  document.addEventListener("conveyor:changed", () => soon(0));
}
