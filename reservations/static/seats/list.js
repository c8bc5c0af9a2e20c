// The list with scripts: a ticked box is a held seat at once, and other people's seats change as they happen, as on the map.
import { Areas } from "./areas.js";
import { Basket } from "./basket.js";
import { best } from "./best.js";
import { STATUS_WORDS } from "./drawing.js";
import { opening } from "./opening.js";
import { Panel } from "./panel.js";
import { loadPlan } from "./plan.js";
import { prices } from "./prices.js";
import { Statuses } from "./statuses.js";

const facts = JSON.parse(document.getElementById("facts").textContent);
const state = JSON.parse(document.getElementById("state").textContent);
const rows = document.getElementById("rows");
const plan = await loadPlan(rows.dataset.plan, facts.currency);
const statuses = new Statuses(facts.show, state);
const basket = new Basket(facts, statuses, state);
const panel = new Panel(document.getElementById("basket"), basket, plan);
const areas = new Areas(plan, statuses, document.querySelectorAll("form.standing"), basket);
const boxes = new Map([...rows.querySelectorAll("input[name=seat]")].map((box) => [Number(box.value), box]));

function show(id) {
  const box = boxes.get(id);
  if (!box) return;
  const status = statuses.of(id);
  if (!basket.waiting.has(id)) box.checked = status === "mine";
  box.disabled = !["free", "mine"].includes(status);
  box.closest("label").className = `seat ${status}${basket.waiting.has(id) ? " pending" : ""}`;
  box.closest("label").querySelector("[data-part=status]").textContent = status === "free" ? "" : STATUS_WORDS[status];
}

statuses.addEventListener("change", (event) => { event.detail.forEach(show); areas.tell(); });
rows.addEventListener("change", (event) => { if (event.target.name === "seat") basket.toggle(Number(event.target.value)); });
rows.addEventListener("submit", (event) => event.preventDefault());
boxes.forEach((_, id) => show(id));
best(document.getElementById("best"), { show: facts.show, plan, basket, list: (ids) => panel.list(ids), preview: () => {} });
prices({ plan, statuses, basket, panel });
opening(statuses, state);
statuses.follow(state.place);
document.documentElement.dataset.seats = "ready";
