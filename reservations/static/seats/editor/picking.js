// Choosing seats with a pointer: a press takes a seat, its row or its section, a line drawn around some takes these; shift adds.
// `seats()` answers columns: count, x, y, row, section, pitch. Tells "change", and moves through `drag` where that is given.
import { element } from "../drawing.js";
import { inside } from "../overview.js";

export class Picking extends EventTarget {
  constructor(svg, camera, seats, { drag = null, aside = () => null, isHand = () => false, unit = () => "seat" } = {}) {
    super();
    Object.assign(this, { svg, camera, seats, drag, aside, isHand, unit });
    this.chosen = new Set();
    this.line = element("path", { class: "lasso", "aria-hidden": "true" });
    svg.append(this.line);
    svg.addEventListener("pointerdown", (event) => this.down(event));
    svg.addEventListener("pointermove", (event) => this.act && this.move(event));
    svg.addEventListener("pointerup", (event) => this.act && this.up(event));
    svg.addEventListener("pointercancel", () => this.stop());
    svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      camera.zoom(Math.exp(-event.deltaY * 0.0016), ...this.pixels(event));
    }, { passive: false });
  }

  pixels(event) {
    const box = this.svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  choose(numbers, adding = false) {
    if (!adding) this.chosen.clear();
    for (const n of numbers) this.chosen.add(n);
    this.tell();
  }

  tell() {
    this.dispatchEvent(new Event("change"));
  }

  // A seat alone, or with its row or section.
  together(n) {
    const { count, [this.unit()]: column } = this.seats();
    return column ? Array.from({ length: count }, (_, m) => m).filter((m) => column[m] === column[n]) : [n];
  }

  down(event) {
    if (event.button > 1) return;
    this.svg.focus({ preventScroll: true });
    this.svg.setPointerCapture(event.pointerId);
    const pixels = this.pixels(event), point = this.camera.point(...pixels), n = this.nearest(...point);
    this.start = this.last = pixels;
    this.moved = false;
    if (event.button === 1 || this.isHand()) this.act = "pan";
    else if (n >= 0) this.take(n, event.shiftKey);
    else if (this.aside(...point)) this.act = "aside";
    else { this.act = "lasso"; this.path = [point]; }
  }

  take(n, adding) {
    const seats = this.together(n);
    this.act = this.drag ? "drag" : "press";
    this.was = new Set(this.chosen);
    if (this.chosen.has(n)) this.undone = adding && seats;
    else this.choose(seats, adding);
  }

  move(event) {
    const [x, y] = this.pixels(event), [dx, dy] = [x - this.last[0], y - this.last[1]];
    this.moved ||= Math.hypot(x - this.start[0], y - this.start[1]) > 4;
    if (!this.moved) return;
    this.last = [x, y];
    if (this.act === "press") this.encircle();
    if (this.act === "pan") this.camera.pan(dx, dy);
    if (this.act === "drag" || this.act === "aside") this.drag?.(dx / this.camera.scale, dy / this.camera.scale, this.act);
    if (this.act === "lasso") {
      this.path.push(this.camera.point(x, y));
      this.line.setAttribute("d", `M${this.path.map((point) => point.map((v) => v.toFixed(1)).join(" ")).join("L")}z`);
    }
  }

  // Where nothing can be dragged, a line may begin on a seat.
  encircle() {
    this.act = "lasso";
    this.undone = null;
    this.path = [this.camera.point(...this.start)];
    this.choose(this.was);
  }

  up(event) {
    if (this.act === "lasso") this.choose(this.moved ? this.around() : [], event.shiftKey);
    if (!this.moved && this.undone) { this.undone.forEach((n) => this.chosen.delete(n)); this.tell(); }
    if (this.moved && (this.act === "drag" || this.act === "aside")) this.dispatchEvent(new Event("dragged"));
    this.stop();
  }

  stop() {
    this.act = this.undone = null;
    this.line.setAttribute("d", "");
  }

  around() {
    const { count, x, y } = this.seats(), found = [];
    for (let n = 0; n < count; n += 1) if (inside(this.path, x[n], y[n])) found.push(n);
    return this.unit() === "seat" ? found : [...new Set(found.flatMap((n) => this.together(n)))];
  }

  nearest(px, py) {
    const { count, x, y, pitch } = this.seats();
    let best = -1, least = (pitch * 0.5) ** 2;
    for (let n = 0; n < count; n += 1) {
      const far = (x[n] - px) ** 2 + (y[n] - py) ** 2;
      if (far < least) { least = far; best = n; }
    }
    return best;
  }
}

// The rows as a list to choose from by keyboard: the same choice as on the map.
export function rowList(select, picking, names) {
  select.addEventListener("change", () => {
    const rows = new Set([...select.selectedOptions].map((option) => Number(option.value)));
    const { row } = picking.seats();
    picking.choose([...row.keys()].filter((n) => rows.has(row[n])));
  });
  const fill = () => select.replaceChildren(...names().map((name, number) => new Option(name, number)));
  fill();
  return fill;
}
