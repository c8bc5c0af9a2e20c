// The hall as SVG: one path a seat, a group a price zone; labels only where they can be read.
import { shapesFor } from "./shapes.js";

const NS = "http://www.w3.org/2000/svg";
const SIGNS = { w: "♿", c: "C" };
// Pixels from seat to seat from which labels are drawn, and below which the sections stand for their seats.
export const NEAR = 21, FAR = 11;
const MOST_LABELS = 900;

export function element(name, attributes = {}, text = undefined) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// Dark or light letters on a colour, whichever can be read.
export function inkOn(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.24 ? "#14181a" : "#ffffff";
}

export class Drawing {
  constructor(svg, plan, statuses) {
    this.svg = svg;
    this.plan = plan;
    this.statuses = statuses;
    this.shapes = shapesFor(plan.pitch);
    this.bounds = boundsOf(plan);
    svg.style.setProperty("--pitch", `${plan.pitch}px`);
    this.areas = element("g", { class: "areas" });
    this.seats = element("g", { class: "seats" });
    this.labels = element("g", { class: "labels", "aria-hidden": "true" });
    svg.append(stage(plan, this.bounds), this.areas, this.seats, this.labels);
    this.draw();
    statuses.addEventListener("change", (event) => this.repaint(event.detail));
  }

  draw() {
    const parts = this.plan.zones.map(() => []);
    for (let n = 0; n < this.plan.count; n += 1) {
      const status = this.statuses.of(this.plan.id[n]);
      parts[this.plan.zone[n]].push(`<path id="s${n}" class="${status}" d="${this.path(n, status)}"/>`);
    }
    this.zones = this.plan.zones.map((zone, number) => {
      const group = this.group(zone);
      group.innerHTML = parts[number].join("");
      return group;
    });
    this.nodes = Array.from({ length: this.plan.count }, (_, n) => this.svg.getElementById(`s${n}`));
    this.areaNodes = new Map(this.plan.areas.map((area) => [area.id, this.drawArea(area)]));
  }

  group(zone, group = element("g", { class: "zone" })) {
    group.style.setProperty("--zone", zone.colour);
    group.style.setProperty("--on-zone", inkOn(zone.colour));
    if (!group.parentNode) this.seats.append(group);
    return group;
  }

  // After `plan.reprice`: the zone in its colour, with the seats that were put into it.
  rezone(number, ids) {
    this.zones[number] = this.group(this.plan.zones[number], this.zones[number]);
    for (const n of ids.map((id) => this.plan.index.get(id))) if (n !== undefined) this.zones[number].append(this.nodes[n]);
    for (const area of this.plan.areas) this.areaNodes.get(area.id).style.setProperty("--zone", this.plan.zones[area.zone].colour);
    this.label();
  }

  path(n, status) {
    return `M${this.plan.x[n]} ${this.plan.y[n]}${this.shapes[status][this.plan.kind[n]]}`;
  }

  drawArea(area) {
    const [x, y, width, height] = area.box;
    const group = element("g", { class: "area", "data-area": area.id });
    group.style.setProperty("--zone", this.plan.zones[area.zone].colour);
    const size = Math.min(height * 0.3, width * 0.09, this.plan.pitch * 1.1);
    group.append(element("rect", { x, y, width, height, rx: Math.min(width, height) * 0.12 }));
    group.append(element("text", { x: x + width / 2, y: y + height / 2 - size * 0.25, "font-size": size, class: "name" }, area.name));
    group.append(element("text", { x: x + width / 2, y: y + height / 2 + size, "font-size": size * 0.72, class: "free" }));
    this.areas.append(group);
    return group;
  }

  // Of each area how many places are free, and how many of them are mine.
  countAreas(counts) {
    for (const [id, { free, mine }] of counts) {
      const group = this.areaNodes.get(id);
      group.querySelector(".free").textContent = mine ? `${mine} yours · ${free} free` : free ? `${free} free` : "sold out";
      group.classList.toggle("full", !free && !mine);
    }
  }

  repaint(ids) {
    for (const id of ids) {
      const n = this.plan.index.get(id);
      if (n !== undefined) this.paint(n);
    }
    this.label();
  }

  paint(n) {
    const status = this.statuses.of(this.plan.id[n]), node = this.nodes[n];
    const pending = this.pending?.has(this.plan.id[n]) ? " pending" : "";
    node.setAttribute("class", status + pending);
    node.setAttribute("d", this.path(n, status));
    if (node.hasAttribute("role")) this.name(n);
  }

  // What a screen reader is told of a seat; only the seat that has the focus carries it.
  name(n) {
    const id = this.plan.id[n], status = this.statuses.of(id), node = this.nodes[n];
    node.setAttribute("role", "checkbox");
    node.setAttribute("aria-checked", status === "mine");
    node.setAttribute("aria-disabled", !["free", "mine"].includes(status));
    node.setAttribute("aria-label", `${this.plan.words(id)}, ${STATUS_WORDS[status]}`);
  }

  filter(shown) {
    this.zones.forEach((group, number) => group.classList.toggle("dim", shown.size > 0 && !shown.has(number)));
  }

  mark(ids) {
    this.svg.querySelector(".marks")?.remove();
    if (!ids.length) return;
    const marks = element("g", { class: "marks", "aria-hidden": "true" }), r = this.plan.pitch * 0.56;
    for (const n of ids.map((id) => this.plan.index.get(id))) if (n !== undefined) marks.append(element("circle", { cx: this.plan.x[n], cy: this.plan.y[n], r }));
    this.svg.append(marks);
  }

  seen(camera) {
    this.camera = camera;
    const apart = this.plan.pitch * camera.scale;
    this.svg.dataset.level = apart < FAR ? "far" : apart < NEAR ? "mid" : "near";
    clearTimeout(this.later);
    this.later = setTimeout(() => this.label(), 60);
  }

  label() {
    if (!this.camera) return;
    const { x, y, w, h } = this.camera.view, { plan } = this, apart = plan.pitch * this.camera.scale;
    const texts = [];
    if (apart >= FAR) this.rowLabels(texts);
    if (apart >= NEAR) {
      for (let n = 0; n < plan.count && texts.length < MOST_LABELS; n += 1) {
        if (plan.x[n] < x || plan.x[n] > x + w || plan.y[n] < y || plan.y[n] > y + h) continue;
        const status = this.statuses.of(plan.id[n]);
        if (status !== "free" && status !== "mine") continue;
        const text = status === "mine" ? "✓" : SIGNS[plan.kind[n]] ?? escaped(plan.label[n]);
        const colour = status === "mine" ? "" : ` style="fill:${inkOn(plan.zones[plan.zone[n]].colour)}"`;
        texts.push(`<text class="${status}" x="${plan.x[n]}" y="${plan.y[n]}"${colour}>${text}</text>`);
      }
    }
    this.labels.innerHTML = texts.join("");
  }

  // The letter of each row before its first seat.
  rowLabels(texts) {
    const { plan } = this;
    plan.rowEnds ??= rowEnds(plan);
    for (const { x, y, label } of plan.rowEnds) if (label.length < 4) texts.push(`<text class="line" x="${x}" y="${y}">${escaped(label)}</text>`);
  }
}

export const STATUS_WORDS = { free: "free", held: "held by someone else", booked: "sold", blocked: "not for sale", mine: "yours" };

const escaped = (text) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

function rowEnds(plan) {
  const ends = [];
  for (let n = 0; n < plan.count; n += 1) {
    if (n && plan.row[n] === plan.row[n - 1]) continue;
    const next = plan.row[n + 1] === plan.row[n] ? n + 1 : n;
    const dx = plan.x[n] - plan.x[next] || -plan.pitch, dy = plan.y[n] - plan.y[next];
    const far = Math.hypot(dx, dy) || 1, way = plan.pitch * 0.85 / far;
    ends.push({ x: (plan.x[n] + dx * way).toFixed(1), y: (plan.y[n] + dy * way).toFixed(1), label: plan.rows[plan.row[n]][1] });
  }
  return ends;
}

function boundsOf(plan) {
  const boxes = plan.areas.map((area) => area.box);
  const xs = [...plan.x, plan.stage[0], ...boxes.flatMap(([x, , w]) => [x, x + w])];
  const ys = [...plan.y, plan.stage[1], ...boxes.flatMap(([, y, , h]) => [y, y + h])];
  const margin = plan.pitch * 1.6, x = min(xs) - margin, y = min(ys) - margin;
  return { x, y, w: max(xs) + margin - x, h: max(ys) + margin - y };
}

const min = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
const max = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);

function stage(plan, bounds) {
  const [x, y] = plan.stage, wide = Math.min(bounds.w * 0.42, plan.pitch * 26);
  const nearest = min([...plan.y.filter((_, n) => Math.abs(plan.x[n] - x) < wide / 2), ...plan.areas.map((area) => area.box[1])]);
  const deep = Math.max(plan.pitch * 0.7, Math.min(plan.pitch * 2.4, (nearest - y) * 0.6));
  const group = element("g", { class: "stage", "aria-hidden": "true" });
  const top = Math.max(bounds.y + plan.pitch * 0.3, y - plan.pitch * 0.6);
  group.append(element("path", { d: `M${x - wide / 2} ${top}h${wide}q${-wide * 0.06} ${deep} ${-wide / 2} ${deep}q${-wide * 0.44} 0 ${-wide / 2} ${-deep}z` }));
  group.append(element("text", { x, y: top + deep * 0.5, "font-size": Math.min(deep * 0.5, wide / 7) }, "STAGE"));
  return group;
}
