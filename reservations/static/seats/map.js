// The page of a show: the parts put together.
import { Areas } from "./areas.js";
import { Basket } from "./basket.js";
import { best } from "./best.js";
import { Camera } from "./camera.js";
import { Detail } from "./detail.js";
import { Drawing, FAR } from "./drawing.js";
import { gestures } from "./gestures.js";
import { Overview } from "./overview.js";
import { opening } from "./opening.js";
import { Panel } from "./panel.js";
import { loadPlan } from "./plan.js";
import { prices } from "./prices.js";
import { Statuses } from "./statuses.js";
import { Walk } from "./walk.js";

const facts = JSON.parse(document.getElementById("facts").textContent);
const state = JSON.parse(document.getElementById("state").textContent);
const frame = document.getElementById("map"), svg = frame.querySelector("svg");
// Fingers are wider than a pointer: below so many pixels from seat to seat a press goes near instead of choosing.
const TOUCHABLE = 24, CLICKABLE = 9;

const plan = await loadPlan(frame.dataset.plan, facts.currency);
const statuses = new Statuses(facts.show, state);
frame.hidden = false;
const drawing = new Drawing(svg, plan, statuses);
const camera = new Camera(svg, drawing.bounds, plan.pitch * 5);
const basket = new Basket(facts, statuses, state);
const panel = new Panel(document.getElementById("basket"), basket, plan, (ids) => drawing.mark(ids));
const detail = new Detail(document.getElementById("detail"), drawing, camera);
const overview = new Overview(svg, drawing, document.getElementById("parts"));
const areas = new Areas(plan, statuses, document.querySelectorAll("form.standing"), basket);
drawing.pending = basket.waiting;
overview.onGo(goTo);
camera.onMove(() => drawing.seen(camera));
camera.go(camera.view);

const walk = plan.count ? new Walk(drawing, camera, { choose: (id) => basket.toggle(id), look: (n) => detail.show(n) }) : null;
gestures(svg, camera, {
  tap(px, py, isTouch) {
    const [x, y] = camera.point(px, py), n = plan.nearest(x, y, plan.pitch * 0.75);
    if (n < 0) return tapAside(x, y);
    if (plan.pitch * camera.scale < (isTouch ? TOUCHABLE : CLICKABLE)) return goNear(n);
    walk.stop(n);
    detail.show(n);
    basket.toggle(plan.id[n]);
  },
  hover(px, py) {
    const n = svg.dataset.level === "far" ? -1 : plan.nearest(...camera.point(px, py), plan.pitch * 0.6);
    svg.classList.toggle("over", n >= 0 && ["free", "mine"].includes(statuses.of(plan.id[n])));
    detail.show(n);
  },
  leave: () => detail.show(-1),
});
svg.addEventListener("focusout", () => detail.show(-1));

function tapAside(x, y) {
  const area = plan.areas.find(({ box: [left, top, wide, high] }) => x > left && x < left + wide && y > top && y < top + high);
  if (area) return areas.focus(area.id);
  const part = svg.dataset.level === "far" && overview.at(x, y);
  if (part) goTo(part);
}

function goTo(part) {
  camera.show(part.box, (FAR + 3) / plan.pitch);
}

// To the section if it can be read as a whole, else straight to the seat.
function goNear(n) {
  const part = overview.parts.find((one) => one.seats.includes(n));
  const fits = part && camera.width / Math.max(part.box.w, part.box.h * camera.width / camera.height) * plan.pitch >= TOUCHABLE;
  if (fits) goTo(part);
  else camera.reveal(plan.x[n], plan.y[n], (TOUCHABLE + 6) / plan.pitch);
}

for (const [name, act] of Object.entries({ nearer: () => camera.zoom(1.6, undefined, undefined, true), farther: () => camera.zoom(1 / 1.6, undefined, undefined, true), whole: () => camera.fit() })) {
  frame.querySelector(`[data-act=${name}]`).addEventListener("click", act);
}

const shown = new Set();
document.getElementById("legend").addEventListener("click", (event) => {
  const button = event.target.closest("button[data-zone]");
  if (!button) return;
  const zone = plan.zones.findIndex((one) => String(one.id) === button.dataset.zone);
  if (!shown.delete(zone)) shown.add(zone);
  button.setAttribute("aria-pressed", shown.has(zone));
  drawing.filter(shown);
});

function counted() {
  overview.count();
  drawing.countAreas(areas.tell());
}
let asked = false;
statuses.addEventListener("change", () => {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => { asked = false; counted(); });
});
counted();
best(document.getElementById("best"), { show: facts.show, plan, basket, list: (ids) => panel.list(ids), preview: (ids) => drawing.mark(ids) });
prices({ plan, statuses, basket, panel, drawing });
opening(statuses, state);
statuses.follow(state.place);
performance.mark("seats-drawn");
// The first frame sets the view, the second what the size of the window has changed in it: then every seat stays where it is.
requestAnimationFrame(() => requestAnimationFrame(() => { document.documentElement.dataset.seats = "ready"; }));
