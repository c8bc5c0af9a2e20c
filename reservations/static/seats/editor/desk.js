// The desk of a show: choose seats on the map or in the list of rows, paint them with a price, keep them from sale or put them back.
import { Areas } from "../areas.js";
import { Camera } from "../camera.js";
import { Drawing } from "../drawing.js";
import { lineOf, loadPlan } from "../plan.js";
import { Statuses } from "../statuses.js";
import { send } from "./calls.js";
import { Picking, rowList } from "./picking.js";

const root = document.getElementById("desk"), svg = root.querySelector("#map svg");
const facts = JSON.parse(document.getElementById("facts").textContent);
const state = JSON.parse(document.getElementById("state").textContent);
const field = (id) => document.getElementById(id);
const plan = await loadPlan(root.dataset.plan, facts.currency);
const statuses = new Statuses(facts.show, state);
const drawing = new Drawing(svg, plan, statuses);
const camera = new Camera(svg, drawing.bounds, plan.pitch * 5);
camera.onMove(() => drawing.seen(camera));
camera.go(camera.view);

// Places to stand are chosen with their area, as rows of the list.
const section = plan.row.map((row) => plan.rows[row][0]);
const picking = new Picking(svg, camera, () => ({ count: plan.count, x: plan.x, y: plan.y, row: plan.row, section, pitch: plan.pitch }), {
  unit: () => root.querySelector("[name=unit]:checked").value,
  isHand: () => field("hand").checked,
  aside: (x, y) => chooseArea(plan.areas.find(({ box: [left, top, wide, high] }) => x > left && x < left + wide && y > top && y < top + high)),
});
rowList(field("rows"), picking, () => plan.rows.map(([part, label]) => `${plan.sections[part]}, ${lineOf(label)}`));
let area = null;

function chooseArea(found) {
  if (!found) return null;
  picking.choose([]);
  area = found;
  tell();
  return found;
}

function chosen() {
  if (area) return area.seats.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, n) => first + n));
  return [...picking.chosen].map((n) => plan.id[n]);
}

function tell() {
  const ids = chosen();
  field("chosen").textContent = area ? `${area.name}: ${ids.length} places are chosen.` : ids.length ? `${ids.length} seat${ids.length > 1 ? "s are" : " is"} chosen.` : "Nothing is chosen.";
  drawing.mark(area ? [] : ids);
  drawing.areaNodes.forEach((node, id) => node.classList.toggle("chosen", area?.id === id));
}

picking.addEventListener("change", () => {
  area = null;
  tell();
  if (brush && picking.chosen.size) paint(brush).then(() => picking.choose([]));
});

// A price pressed while nothing is chosen is a brush: what is pressed or drawn around from then on is painted at once.
let brush = null;
function take(button) {
  brush = brush === button ? null : button;
  for (const one of root.querySelectorAll("[data-zone]")) one.setAttribute("aria-pressed", one === brush);
  say(brush ? "Press seats or draw around them: they are painted at once." : "");
}

const say = (text, wrong = false) => { field("told").textContent = text; field("told").className = wrong ? "wrong" : ""; };

function reprice(detail) {
  drawing.rezone(plan.reprice(detail).number, detail.seats);
}

async function paint(button) {
  const seats = chosen(), zone = plan.zones.findIndex((one) => String(one.id) === button.dataset.zone);
  if (!seats.length) return take(button);
  const said = await send(root.dataset.paint, { zone: plan.zones[zone].id, seats });
  if (said.detail) return say(said.detail, true);
  reprice({ ...plan.zones[zone], zone: plan.zones[zone].id, seats });
  say(`${said.painted} seats cost ${plan.money(plan.zones[zone].price)} now.`);
}

async function keep(act) {
  const seats = chosen(), reason = field("reason").value.trim();
  if (!seats.length) return say("Choose seats first.", true);
  if (!reason) return say("Say why.", true);
  const said = await send(root.dataset.keep, { act, seats, reason });
  if (said.detail) return say(said.detail, true);
  statuses.set(said.seats, act === "block" ? "blocked" : "free");
  say(act === "block" ? `${said.seats.length} seats are kept from sale: ${reason}.` : `${said.seats.length} seats are for sale again.`);
}

const acts = {
  nearer: () => camera.zoom(1.5, undefined, undefined, true),
  farther: () => camera.zoom(1 / 1.5, undefined, undefined, true),
  whole: () => camera.fit(),
  none: () => picking.choose([]),
  block: () => keep("block"),
  free: () => keep("free"),
};
root.addEventListener("click", (event) => {
  const price = event.target.closest("[data-zone]");
  if (price) return paint(price);
  acts[event.target.closest("[data-do]")?.dataset.do]?.();
});
svg.addEventListener("keydown", (event) => {
  const act = { Escape: acts.none, "+": acts.nearer, "-": acts.farther, 0: acts.whole }[event.key];
  if (act) { event.preventDefault(); act(); }
});
const areas = new Areas(plan, statuses, []);
const count = () => drawing.countAreas(areas.tell());
statuses.addEventListener("change", count);
count();
statuses.addEventListener("priced", (event) => reprice(event.detail));
statuses.follow(state.place);
requestAnimationFrame(() => requestAnimationFrame(() => { document.documentElement.dataset.seats = "ready"; }));
