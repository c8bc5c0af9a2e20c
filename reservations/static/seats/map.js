// The seat map: an SVG over the list's checkboxes, which stay the truth of what is chosen. Arrow keys walk by position; other
// people's holds appear as they happen.
const me = document.querySelector("script[data-events]");
const data = JSON.parse(document.getElementById("map-data").textContent);
const shown = document.getElementById("map");
const said = document.getElementById("said");
const NS = "http://www.w3.org/2000/svg";
const at = Object.fromEntries(data.columns.map((name, index) => [name, index]));
const zones = new Map(data.zones.map((zone) => [zone.id, zone]));
const boxes = new Map([...document.querySelectorAll("input[name=seat]")].map((box) => [Number(box.value), box]));
const spots = new Map();

function element(name, attributes, text) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function draw() {
  const xs = data.seats.map((seat) => Number(seat[at.x]));
  const ys = data.seats.map((seat) => Number(seat[at.y]));
  const gap = smallestGap(xs, ys);
  const scale = 1 / gap;
  const left = Math.min(...xs), top = Math.min(...ys);
  const width = (Math.max(...xs) - left) * scale + 2, height = (Math.max(...ys) - top) * scale + 3.5;
  const svg = element("svg", { viewBox: `-1 -2.5 ${width} ${height}`, role: "group", "aria-label": "Seat map. Arrow keys walk from seat to seat, space chooses." });
  svg.append(element("text", { class: "stage", x: (width - 2) / 2, y: -1.5 }, "Stage"));
  for (const seat of data.seats) {
    const x = (seat[at.x] - left) * scale, y = (seat[at.y] - top) * scale;
    const group = element("g", { class: "spot", role: "checkbox", tabindex: spots.size ? -1 : 0, transform: `translate(${x} ${y})` });
    group.style.setProperty("--zone", zones.get(seat[at.zone]).colour);
    group.append(element("circle", { r: 0.42 }), element("text", {}, seat[at.kind] === "wheelchair" ? "♿" : seat[at.label]));
    group.dataset.id = seat[at.id];
    spots.set(seat[at.id], { group, x, y });
    svg.append(group);
    paint(seat[at.id]);
  }
  svg.addEventListener("click", (event) => toggle(event.target.closest(".spot")));
  svg.addEventListener("keydown", walk);
  shown.append(svg);
  shown.hidden = false;
  document.getElementById("as-list").open = false;
}

function smallestGap(xs, ys) {
  const rows = new Map();
  xs.forEach((x, index) => { const row = rows.get(ys[index]) ?? []; row.push(x); rows.set(ys[index], row); });
  let least = Infinity;
  for (const row of rows.values()) {
    row.sort((a, b) => a - b);
    for (let index = 1; index < row.length; index += 1) if (row[index] > row[index - 1]) least = Math.min(least, row[index] - row[index - 1]);
  }
  return Number.isFinite(least) ? least : 1;
}

function paint(id) {
  const spot = spots.get(id), box = boxes.get(id);
  if (!spot || !box) return;
  const gone = box.disabled && !box.checked;
  spot.group.setAttribute("class", `spot${gone ? " gone" : ""}${box.checked ? " mine" : ""}`);
  spot.group.setAttribute("aria-checked", box.checked);
  spot.group.setAttribute("aria-disabled", gone);
  spot.group.setAttribute("aria-label", `${box.dataset.where}, ${box.dataset.price}${gone ? ", taken" : ""}`);
}

function toggle(group) {
  const box = group && boxes.get(Number(group.dataset.id));
  if (!box || box.disabled) return;
  box.checked = !box.checked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

function walk(event) {
  const here = spots.get(Number(event.target.dataset?.id));
  if (!here) return;
  if (event.key === " " || event.key === "Enter") { event.preventDefault(); toggle(here.group); return; }
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!way) return;
  event.preventDefault();
  let best = null, least = Infinity;
  for (const other of spots.values()) {
    const dx = other.x - here.x, dy = other.y - here.y;
    const along = dx * way[0] + dy * way[1], aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
    if (along > 0.2 && along + aside * 3 < least) { least = along + aside * 3; best = other; }
  }
  if (best) { here.group.tabIndex = -1; best.group.tabIndex = 0; best.group.focus(); }
}

function tell() {
  const chosen = [...boxes.values()].filter((box) => box.checked);
  const total = chosen.reduce((sum, box) => sum + Number(box.dataset.price), 0);
  said.textContent = chosen.length ? `${chosen.map((box) => box.dataset.where).join(", ")}: ${total.toFixed(2)}` : "No seat chosen.";
}

function change(id, status) {
  const box = boxes.get(id);
  if (!box) return;
  const free = status === "free";
  if (!free && box.checked) { box.checked = false; said.textContent = `${box.dataset.where} was taken a moment ago.`; }
  box.disabled = !free;
  box.closest("label").className = `seat ${status}`;
  box.closest("label").querySelector(".state-word").textContent = free ? "" : ", taken";
  paint(id);
}

document.getElementById("choose").addEventListener("change", (event) => {
  if (event.target.name === "seat") { paint(Number(event.target.value)); tell(); }
});
draw();
tell();
const { listen } = await import(me.dataset.events);
listen("seats.*", { subject: `show:${data.show}` }, (event) => {
  for (const id of event.data.seats) change(id, event.data.status);
});
