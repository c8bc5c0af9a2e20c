// What a seat is, beside it: where, price, kind, and whether it can be had. For the pointer and for the focus.
import { STATUS_WORDS } from "./drawing.js";

export class Detail {
  constructor(box, drawing, camera) {
    Object.assign(this, { box, drawing, camera, plan: drawing.plan });
    this.n = -1;
    camera.onMove(() => this.place());
    drawing.statuses.addEventListener("change", (event) => { if (this.n >= 0 && event.detail.includes(this.plan.id[this.n])) this.fill(); });
  }

  show(n) {
    if (n === this.n) return;
    this.n = n;
    this.box.hidden = n < 0;
    if (n < 0) return;
    this.fill();
    this.place();
  }

  fill() {
    const id = this.plan.id[this.n], status = this.drawing.statuses.of(id), zone = this.plan.zones[this.plan.zone[this.n]];
    const lines = [["strong", this.plan.where(id)], ["span", `${this.plan.money(this.plan.price(id))} · ${zone.name}`]];
    const kind = this.plan.kindOf(id);
    if (kind) lines.push(["span", kind[0].toUpperCase() + kind.slice(1)]);
    if (status !== "free") lines.push(["em", STATUS_WORDS[status]]);
    this.box.replaceChildren(...lines.map(([tag, text]) => Object.assign(document.createElement(tag), { textContent: text })));
    this.box.style.setProperty("--zone", zone.colour);
  }

  place() {
    if (this.n < 0) return;
    const [x, y] = this.camera.place(this.plan.x[this.n], this.plan.y[this.n]), r = this.plan.pitch * this.camera.scale * 0.6;
    const half = this.box.offsetWidth / 2, below = y - r - this.box.offsetHeight < 8;
    const left = Math.min(Math.max(x, half + 6), this.camera.width - half - 6);
    this.box.style.transform = `translate(${(left - half).toFixed(0)}px, ${(below ? y + r + 6 : y - r - this.box.offsetHeight - 6).toFixed(0)}px)`;
  }
}
