// The keyboard on the map: arrows walk by position, Home and End along the row, space chooses, + - 0 zoom. One seat has the tab stop.
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const READABLE = 26;

export class Walk {
  constructor(drawing, camera, { choose, look }) {
    Object.assign(this, { drawing, camera, choose, look, plan: drawing.plan });
    this.here = this.first();
    this.stop(this.here);
    drawing.svg.addEventListener("keydown", (event) => this.key(event));
    drawing.seats.addEventListener("focusin", () => this.arrive());
  }

  first() {
    const { plan, drawing } = this;
    const n = plan.id.findIndex((id) => drawing.statuses.of(id) === "mine");
    return n >= 0 ? n : Math.max(0, plan.id.findIndex((id) => drawing.statuses.of(id) === "free"));
  }

  stop(n) {
    const before = this.drawing.nodes[this.here], node = this.drawing.nodes[n];
    if (!node) return;
    for (const name of ["tabindex", "role", "aria-checked", "aria-disabled", "aria-label"]) before.removeAttribute(name);
    this.here = n;
    node.setAttribute("tabindex", "0");
    this.drawing.name(n);
  }

  arrive() {
    const { x, y, pitch } = this.plan;
    this.camera.reveal(x[this.here], y[this.here], READABLE / pitch);
    this.look(this.here);
  }

  go(n) {
    if (n < 0 || n === this.here) return;
    this.stop(n);
    this.drawing.nodes[n].focus({ preventScroll: true });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      " ": () => this.choose(this.plan.id[this.here]),
      Enter: () => this.choose(this.plan.id[this.here]),
      Home: () => this.go(this.end(-1)),
      End: () => this.go(this.end(1)),
      "+": () => this.camera.zoom(1.5, undefined, undefined, true),
      "=": () => this.camera.zoom(1.5, undefined, undefined, true),
      "-": () => this.camera.zoom(1 / 1.5, undefined, undefined, true),
      0: () => this.camera.fit(),
    }[event.key] ?? (WAYS[event.key] && (() => this.go(this.beside(WAYS[event.key]))));
    if (!act) return;
    event.preventDefault();
    act();
  }

  // The nearest seat that way; what lies aside counts three times.
  beside([wx, wy]) {
    const { x, y, pitch, count } = this.plan;
    let best = -1, least = Infinity;
    for (let n = 0; n < count; n += 1) {
      const dx = x[n] - x[this.here], dy = y[n] - y[this.here];
      const along = dx * wx + dy * wy, aside = Math.abs(dx * wy) + Math.abs(dy * wx);
      if (along > pitch * 0.2 && along + aside * 3 < least) { least = along + aside * 3; best = n; }
    }
    return best;
  }

  end(step) {
    let n = this.here;
    while (this.plan.row[n + step] === this.plan.row[this.here]) n += step;
    return n;
  }
}
