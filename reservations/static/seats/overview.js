// Sections from afar: each a shape with its name and its free seats; a press goes near. The same as a list of buttons beside the map.
import { element } from "./drawing.js";

export class Overview {
  constructor(svg, drawing, list) {
    this.plan = drawing.plan;
    this.statuses = drawing.statuses;
    this.list = list;
    this.parts = this.plan.sections.map((name) => ({ name, seats: [] }));
    for (let n = 0; n < this.plan.count; n += 1) this.parts[this.plan.rows[this.plan.row[n]][0]].seats.push(n);
    this.parts = this.parts.filter((part) => part.seats.length);
    this.layer = element("g", { class: "overview", "aria-hidden": "true" });
    this.parts.forEach((part) => this.draw(part));
    svg.append(this.layer);
    this.count();
  }

  draw(part) {
    const { plan } = this, box = plan.boxOf(part.seats, plan.pitch);
    part.box = box;
    part.hull = hull(part.seats.map((n) => [plan.x[n], plan.y[n]]));
    const [cx, cy] = centre(part.seats.map((n) => [plan.x[n], plan.y[n]]));
    const size = Math.max(plan.pitch * 1.2, Math.min(plan.pitch * 3.2, box.w / Math.max(4, part.name.length * 0.62)));
    const group = element("g", { class: "section" });
    group.append(element("path", { d: `M${part.hull.map((at) => at.map((v) => v.toFixed(1)).join(" ")).join("L")}z` }));
    group.append(element("text", { x: cx, y: cy - size * 0.15, "font-size": size, class: "name" }, part.name));
    part.free = element("text", { x: cx, y: cy + size * 0.95, "font-size": size * 0.72, class: "free" });
    group.append(part.free);
    this.layer.append(group);
    part.group = group;
    if (!this.list) return;
    part.button = document.createElement("button");
    part.button.type = "button";
    part.button.className = "quiet small";
    part.button.addEventListener("click", () => this.go(part));
    this.list.append(part.button);
  }

  onGo(go) {
    this.go = go;
  }

  count() {
    for (const part of this.parts) {
      const free = part.seats.reduce((sum, n) => sum + (this.statuses.of(this.plan.id[n]) === "free"), 0);
      const said = free ? `${free} free` : "sold out";
      if (part.said === said) continue;
      part.said = said;
      part.free.textContent = said;
      part.group.classList.toggle("full", !free);
      if (part.button) part.button.innerHTML = `<span></span> <small>${said}</small>`;
      if (part.button) part.button.firstChild.textContent = part.name;
    }
  }

  at(x, y) {
    return this.parts.find((part) => inside(part.hull, x, y) || (x > part.box.x && x < part.box.x + part.box.w && y > part.box.y && y < part.box.y + part.box.h));
  }
}

function centre(points) {
  return [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
}

// The convex hull by Andrew's monotone chain.
export function hull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const turn = (o, a, b) => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
  const half = (line) => {
    const chain = [];
    for (const point of line) {
      while (chain.length > 1 && turn(chain.at(-2), chain.at(-1), point) <= 0) chain.pop();
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  const around = [...half(sorted), ...half(sorted.reverse())];
  return around.length ? around : points.slice(0, 1);
}

export function inside(polygon, x, y) {
  let is = false;
  for (let a = 0, b = polygon.length - 1; a < polygon.length; b = a, a += 1) {
    const [ax, ay] = polygon[a], [bx, by] = polygon[b];
    if (ay > y !== by > y && x < (bx - ax) * (y - ay) / (by - ay) + ax) is = !is;
  }
  return is;
}
