// What part of the hall is seen: the view box of the SVG, kept in the proportions of the window it is seen through.
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

export class Camera {
  constructor(svg, bounds, smallest) {
    this.svg = svg;
    this.bounds = bounds;
    this.smallest = smallest;
    this.listeners = [];
    this.measure();
    this.fit(false);
    new ResizeObserver(() => this.resized()).observe(svg);
  }

  onMove(listener) {
    this.listeners.push(listener);
  }

  measure() {
    const box = this.svg.getBoundingClientRect();
    this.width = box.width || 1;
    this.height = box.height || 1;
  }

  resized() {
    const wasWhole = this.isWhole;
    this.measure();
    if (wasWhole) this.fit(false);
    else this.go({ ...this.view, h: this.view.w * this.height / this.width });
  }

  // Pixels for one unit of the plan.
  get scale() {
    return this.width / this.view.w;
  }

  get isWhole() {
    return this.view.w >= this.whole().w * 0.999;
  }

  whole() {
    return this.around(this.bounds);
  }

  // The view in the right proportions that has all of the box in its middle.
  around(box) {
    const w = Math.max(box.w, box.h * this.width / this.height), h = w * this.height / this.width;
    return { x: box.x + box.w / 2 - w / 2, y: box.y + box.h / 2 - h / 2, w, h };
  }

  fit(moving = true) {
    this.moveTo(this.whole(), moving);
  }

  // All of the box where that is at least `least` pixels a unit; else its middle, so near.
  show(box, least) {
    const all = this.around(box), w = Math.min(Math.max(all.w, this.smallest * 1.6), this.width / least), h = w * this.height / this.width;
    this.moveTo({ x: all.x + (all.w - w) / 2, y: all.y + (all.h - h) / 2, w, h });
  }

  // Zoom by a factor and keep the point under (px, py), in pixels of the window, where it is.
  zoom(factor, px = this.width / 2, py = this.height / 2, moving = false) {
    const w = Math.min(this.whole().w, Math.max(this.smallest, this.view.w / factor)), h = w * this.height / this.width;
    const left = px / this.width, top = py / this.height;
    const x = this.view.x + left * (this.view.w - w), y = this.view.y + top * (this.view.h - h);
    this.moveTo({ x, y, w, h }, moving);
  }

  pan(dx, dy) {
    this.go({ ...this.view, x: this.view.x - dx / this.scale, y: this.view.y - dy / this.scale });
  }

  // The plan's point at a place of the window.
  point(px, py) {
    return [this.view.x + px / this.scale, this.view.y + py / this.scale];
  }

  // Where a point of the plan is in the window.
  place(x, y) {
    return [(x - this.view.x) * this.scale, (y - this.view.y) * this.scale];
  }

  // Make a seat seen, large enough to be told from its neighbours.
  reveal(x, y, least) {
    const margin = 40;
    const [px, py] = this.place(x, y);
    const inside = px > margin && py > margin && px < this.width - margin && py < this.height - margin;
    if (this.scale < least) {
      const w = this.width / least, h = this.height / least;
      this.moveTo({ x: x - w / 2, y: y - h / 2, w, h });
    } else if (!inside) this.moveTo({ ...this.view, x: x - this.view.w / 2, y: y - this.view.h / 2 });
  }

  moveTo(view, moving = true) {
    cancelAnimationFrame(this.frame);
    if (!moving || CALM.matches || !this.view) return this.go(view);
    const from = this.view, start = performance.now();
    const step = (time) => {
      const part = Math.min(1, (time - start) / 260), eased = 1 - (1 - part) ** 3;
      const between = (name) => from[name] + (view[name] - from[name]) * eased;
      this.go({ x: between("x"), y: between("y"), w: between("w"), h: between("h") });
      if (part < 1) this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  go(view) {
    this.view = this.kept(view);
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      const { x, y, w, h } = this.view;
      this.svg.setAttribute("viewBox", `${x.toFixed(1)} ${y.toFixed(1)} ${w.toFixed(1)} ${h.toFixed(1)}`);
      for (const listener of this.listeners) listener(this);
    });
  }

  // The hall never leaves the window.
  kept(view) {
    const whole = this.whole();
    if (view.w >= whole.w) return whole;
    const x = Math.min(Math.max(view.x, whole.x), whole.x + whole.w - view.w);
    const y = Math.min(Math.max(view.y, whole.y), whole.y + whole.h - view.h);
    return { ...view, x, y };
  }
}
