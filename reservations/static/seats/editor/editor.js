// The editor of a hall: the parts put together.
import { Camera } from "../camera.js";
import { send } from "./calls.js";
import { Model } from "./model.js";
import { Picking, rowList } from "./picking.js";
import { Sheet } from "./sheet.js";

const root = document.querySelector(".editor"), svg = root.querySelector("#map svg");
const facts = JSON.parse(document.getElementById("facts").textContent);
const field = (id) => document.getElementById(id);
const model = new Model(JSON.parse(document.getElementById("drawing").textContent));
const sheet = new Sheet(svg, model);
const camera = new Camera(svg, sheet.bounds(), 250);
let thing = null, before = null, saved = JSON.stringify(model.drawing);

const picking = new Picking(svg, camera, () => model.columns, {
  unit: () => root.querySelector("[name=unit]:checked").value,
  isHand: () => field("hand").checked,
  aside: takeAside,
  drag,
});
const fillRows = rowList(field("rows"), picking, () => model.rows.map(({ line, part }) => `${part.name}, ${line.label} (${line.seats.length})`));
field("hall-name").value = model.drawing.name;

function takeAside(x, y) {
  const { stage, areas } = model.drawing;
  const area = areas.findIndex((one) => x > one.x && x < one.x + one.width && y > one.y && y < one.y + one.height);
  thing = area >= 0 ? area : Math.abs(x - stage[0]) < 150 && Math.abs(y - stage[1]) < 30 ? "stage" : null;
  if (thing !== null) picking.choose([]);
  if (area >= 0) fillArea(areas[area]);
  sheet.drawAside(thing);
  field("chosen").textContent = thing === "stage" ? "the stage" : area >= 0 ? areas[area].name : "nothing";
  root.querySelector("[data-do=change-area]").disabled = area < 0;
  return thing !== null;
}

function fillArea(area) {
  for (const name of ["name", "capacity", "width", "height"]) field(`a-${name}`).value = area[name];
}

function readArea() {
  const number = (name, least) => Math.max(least, Number(field(`a-${name}`).value) || least);
  return { name: field("a-name").value.trim() || "Standing", capacity: number("capacity", 1), width: number("width", 20), height: number("height", 20) };
}

function drag(dx, dy, act) {
  before ??= JSON.stringify(model.drawing);
  if (act === "drag") {
    model.move(picking.chosen, dx, dy);
    sheet.moved(picking.chosen);
  } else {
    if (thing === "stage") model.drawing.stage = [model.drawing.stage[0] + dx, model.drawing.stage[1] + dy];
    else { model.drawing.areas[thing].x += dx; model.drawing.areas[thing].y += dy; }
    sheet.drawAside(thing);
  }
}

picking.addEventListener("dragged", () => {
  snap();
  model.keep(before);
  before = null;
  model.set(model.drawing);
});

// To a grid of five: what stood in a line stays in one.
function snap() {
  const [first] = picking.chosen;
  if (first === undefined) return;
  const { x, y } = model.columns, to = (value) => Math.round(value / 5) * 5 - value;
  model.move(picking.chosen, to(x[first]), to(y[first]));
}

picking.addEventListener("change", () => {
  thing = picking.chosen.size ? null : thing;
  sheet.mark(picking.chosen);
  const count = picking.chosen.size, rows = new Set([...picking.chosen].map((n) => model.columns.row[n])).size;
  field("chosen").textContent = count ? `${count} seat${count > 1 ? "s" : ""} of ${rows} row${rows > 1 ? "s" : ""}` : "nothing";
});

model.addEventListener("change", () => {
  const { count } = model.columns;
  picking.chosen = new Set([...picking.chosen].filter((n) => n < count));
  sheet.draw(picking.chosen, thing);
  picking.tell();
  const wasWhole = camera.isWhole;
  camera.bounds = sheet.bounds();
  if (wasWhole) camera.fit(false);
  fillRows();
  const standing = model.drawing.areas.reduce((sum, area) => sum + area.capacity, 0);
  field("tally").textContent = `${count} seats in ${model.rows.length} rows${standing ? `, ${standing} places to stand` : ""}`;
  root.querySelector("[data-do=undo]").disabled = !model.past.length;
  root.querySelector("[data-do=redo]").disabled = !model.future.length;
});

const say = (text, wrong = false) => { field("told").textContent = text; field("told").className = wrong ? "wrong" : ""; };
const some = (act) => () => (picking.chosen.size ? act() : say("Choose seats first.", true));

async function generated() {
  const numbers = Object.fromEntries(new FormData(field("recipe")));
  const said = await send(root.dataset.generate, { ...numbers, name: field("hall-name").value });
  if (said.detail) say(said.detail, true);
  return said.detail ? null : said;
}

async function save() {
  const drawing = model.framed(field("hall-name").value.trim());
  const said = await send(root.dataset.save, { venue: facts.venue, map: facts.map, drawing });
  if (said.detail) return say(said.detail, true);
  facts.map = said.map;
  saved = JSON.stringify(model.drawing);
  history.replaceState(null, "", said.url);
  root.querySelector("[data-do=save]").textContent = "Save";
  say(said.replaced ? `Saved, version ${said.version} as before.` : `Saved as version ${said.version}.`);
  if (field("next")) {
    field("next").innerHTML = `<a class="button quiet small" href="${said.url}show/">Put on a show</a>`;
    field("next").hidden = false;
  }
}

const acts = {
  undo: () => model.undo(),
  redo: () => model.redo(),
  save,
  nearer: () => camera.zoom(1.5, undefined, undefined, true),
  farther: () => camera.zoom(1 / 1.5, undefined, undefined, true),
  whole: () => camera.fit(),
  append: async () => { const made = await generated(); if (made) { model.append(made); camera.fit(); } },
  kind: some(() => model.setKind(picking.chosen, field("kind").value)),
  number: some(() => model.number(picking.chosen, Number(field("first").value), Number(field("step").value) || 1, field("way").value === "rtl")),
  letter: some(() => model.letter(picking.chosen, field("letter").value.trim() || "A")),
  section: some(() => (field("section").value.trim() ? model.toSection(picking.chosen, field("section").value.trim()) : say("Write the section's name first.", true))),
  aisle: some(() => model.aisle(picking.chosen)),
  copy: some(() => model.copy(picking.chosen)),
  remove: () => removeChosen(),
  area: () => model.addArea(readArea()),
  "change-area": () => model.change((drawing) => Object.assign(drawing.areas[thing], readArea())),
};

function removeChosen() {
  if (typeof thing === "number") { const gone = thing; thing = null; return model.change((drawing) => drawing.areas.splice(gone, 1)); }
  const gone = new Set(picking.chosen);
  if (!gone.size) return say("Choose seats first.", true);
  picking.chosen = new Set();
  model.remove(gone);
}

root.addEventListener("click", (event) => {
  const act = acts[event.target.closest("[data-do]")?.dataset.do];
  if (act) { say(""); act(); }
});

field("recipe").addEventListener("submit", async (event) => {
  event.preventDefault();
  const made = await generated();
  if (!made) return;
  picking.chosen = new Set();
  model.change((drawing) => Object.assign(drawing, { sections: made.sections, areas: made.areas, stage: made.stage }));
  camera.fit();
  say("Drawn. Undo brings back what was there.");
});

field("shape").addEventListener("change", shapeFields);
function shapeFields() {
  for (const part of root.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(field("shape").value);
}

const STEPS = { ArrowLeft: [-5, 0], ArrowRight: [5, 0], ArrowUp: [0, -5], ArrowDown: [0, 5] };
svg.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  const act = step && picking.chosen.size ? () => { model.keep(); model.move(picking.chosen, step[0] * (event.shiftKey ? 10 : 1), step[1] * (event.shiftKey ? 10 : 1)); model.set(model.drawing); }
    : { Delete: removeChosen, Backspace: removeChosen, Escape: () => picking.choose([]), "+": acts.nearer, "-": acts.farther, 0: acts.whole }[event.key];
  if (!act || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  act();
});
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.target.matches("input, textarea")) return;
  const act = { z: event.shiftKey ? acts.redo : acts.undo, Z: acts.redo, y: acts.redo, s: save, a: () => picking.choose(Array.from({ length: model.columns.count }, (_, n) => n)) }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
addEventListener("beforeunload", (event) => { if (JSON.stringify(model.drawing) !== saved) event.preventDefault(); });

shapeFields();
model.set(model.drawing);
camera.fit(false);
requestAnimationFrame(() => requestAnimationFrame(() => { document.documentElement.dataset.seats = "ready"; }));
