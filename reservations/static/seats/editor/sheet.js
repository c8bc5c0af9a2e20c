// The drawing as SVG: seats by kind, what is chosen, areas, the stage. Drawn anew after a change; while dragging only what moves.
import { element } from "../drawing.js";
import { shapesFor } from "../shapes.js";

const LETTER = { normal: "n", wheelchair: "w", companion: "c", restricted: "r" };
const SIGN = { wheelchair: "♿", companion: "C", restricted: "R" };

export class Sheet {
  constructor(svg, model) {
    this.model = model;
    this.svg = svg;
    this.layers = Object.fromEntries(["stage", "areas", "seats", "labels"].map((name) => [name, element("g", { class: `sheet-${name}` })]));
    svg.append(...Object.values(this.layers));
  }

  draw(chosen, thing) {
    const { x, y, seats, count, pitch } = this.model.columns;
    this.shapes = shapesFor(pitch);
    this.svg.style.setProperty("--pitch", `${pitch}px`);
    const paths = [], texts = [];
    for (let n = 0; n < count; n += 1) {
      paths.push(`<path class="${seats[n].kind}${chosen.has(n) ? " chosen" : ""}" d="${this.path(n)}"/>`);
      texts.push(`<text x="${x[n]}" y="${y[n]}">${SIGN[seats[n].kind] ?? escaped(seats[n].label)}</text>`);
    }
    for (const { line } of this.model.rows) texts.push(rowLabel(line, pitch));
    this.layers.seats.innerHTML = paths.join("");
    this.layers.labels.innerHTML = texts.join("");
    this.nodes = [...this.layers.seats.children];
    this.drawAside(thing);
  }

  drawAside(thing) {
    const { stage: [x, y], areas } = this.model.drawing;
    this.layers.stage.innerHTML = `<rect x="${x - 150}" y="${y - 24}" width="300" height="48" rx="20" class="${thing === "stage" ? "chosen" : ""}"/><text x="${x}" y="${y}" font-size="24">STAGE</text>`;
    this.layers.areas.innerHTML = areas.map((area, number) => `<g class="area${thing === number ? " chosen" : ""}"><rect x="${area.x}" y="${area.y}" width="${area.width}" height="${area.height}" rx="12"/><text x="${area.x + area.width / 2}" y="${area.y + area.height / 2}" font-size="26">${escaped(area.name)} (${area.capacity})</text></g>`).join("");
  }

  path(n) {
    const { x, y, seats } = this.model.columns;
    return `M${x[n]} ${y[n]}${this.shapes.free[LETTER[seats[n].kind]]}`;
  }

  mark(chosen) {
    this.nodes?.forEach((node, n) => node.classList.toggle("chosen", chosen.has(n)));
  }

  moved(chosen) {
    for (const n of chosen) this.nodes[n].setAttribute("d", this.path(n));
    this.layers.labels.innerHTML = "";
  }

  bounds() {
    const { x, y, pitch } = this.model.columns, { stage, areas } = this.model.drawing;
    const xs = [...x, stage[0] - 160, stage[0] + 160, ...areas.flatMap((area) => [area.x, area.x + area.width])];
    const ys = [...y, stage[1] - 40, stage[1] + 300, ...areas.flatMap((area) => [area.y, area.y + area.height])];
    const low = (values) => values.reduce((a, b) => Math.min(a, b)), high = (values) => values.reduce((a, b) => Math.max(a, b)), margin = pitch * 2;
    return { x: low(xs) - margin, y: low(ys) - margin, w: high(xs) - low(xs) + 2 * margin, h: high(ys) - low(ys) + 2 * margin };
  }
}

function rowLabel(line, pitch) {
  if (line.ring) {
    const middle = (name) => line.seats.reduce((sum, seat) => sum + seat[name], 0) / line.seats.length;
    return `<text class="line" x="${middle("x")}" y="${middle("y")}">${escaped(line.label)}</text>`;
  }
  const first = line.seats.reduce((a, b) => (b.x < a.x ? b : a));
  return `<text class="line" x="${first.x - pitch}" y="${first.y}">${escaped(line.label)}</text>`;
}

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
