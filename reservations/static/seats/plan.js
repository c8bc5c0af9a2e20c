// The plan of a hall as columns of seats; a seat is its number n in them. Words and prices are said here, once for map, list and basket.
export const KINDS = { n: "", w: "wheelchair space", c: "companion seat", r: "restricted view" };

export class Plan {
  constructor(raw, currency) {
    Object.assign(this, raw);
    this.count = raw.id.length;
    // What the zones cost that have another price for me, because I held seats of them before it changed.
    this.quoted = {};
    this.index = new Map(raw.id.map((id, n) => [id, n]));
    this.pitch = usualDistance(raw);
    this.format = new Intl.NumberFormat("en-GB", { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  }

  money(amount) {
    return this.format.format(amount);
  }

  price(id) {
    const zone = this.zones[this.zoneOf(id)];
    return Number(this.quoted[zone.id] ?? zone.price);
  }

  zoneOf(id) {
    const n = this.index.get(id);
    return n === undefined ? this.areaOf(id)?.zone ?? 0 : this.zone[n];
  }

  // A zone that is called or costs something else now, or is new, and the seats that were put into it. Answers its number, and its price before.
  reprice({ zone: id, seats, ...words }) {
    const known = this.zones.findIndex((one) => one.id === id), number = known < 0 ? this.zones.push({ id }) - 1 : known, zone = this.zones[number], was = zone.price;
    Object.assign(zone, words);
    for (const seat of seats) {
      const n = this.index.get(seat), area = n === undefined && this.areaOf(seat);
      if (n !== undefined) this.zone[n] = number;
      else if (area) area.zone = number;
    }
    return { number, was };
  }

  areaOf(id) {
    return this.areas.find((area) => area.seats.some(([first, last]) => first <= id && id <= last));
  }

  where(id) {
    const n = this.index.get(id);
    if (n === undefined) return this.areaOf(id)?.name ?? "Seat";
    const [section, row] = this.rows[this.row[n]];
    return `${this.sections[section]}, ${lineOf(row)}, seat ${this.label[n]}`;
  }

  kindOf(id) {
    const n = this.index.get(id);
    return n === undefined ? "standing" : KINDS[this.kind[n]];
  }

  // Everything there is to know of a seat but whether it is free.
  words(id) {
    return [this.where(id), this.money(this.price(id)), this.kindOf(id)].filter(Boolean).join(", ");
  }

  nearest(x, y, within) {
    let best = -1, least = within * within;
    for (let n = 0; n < this.count; n += 1) {
      const dx = this.x[n] - x, dy = this.y[n] - y, far = dx * dx + dy * dy;
      if (far < least) { least = far; best = n; }
    }
    return best;
  }

  boxOf(seats, margin) {
    const xs = seats.map((n) => this.x[n]), ys = seats.map((n) => this.y[n]);
    const left = Math.min(...xs) - margin, top = Math.min(...ys) - margin;
    return { x: left, y: top, w: Math.max(...xs) + margin - left, h: Math.max(...ys) + margin - top };
  }
}

// Row C; a row that has a word of its own, like Table 7, is called by it.
export const lineOf = (row) => (row.includes(" ") ? row : `row ${row}`);

export async function loadPlan(url, currency) {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok) throw new Error("The plan of the hall did not come.");
  return new Plan(await answer.json(), currency);
}

// Neighbours stand next to each other in the columns; the median of what is between them is the pitch of the hall.
function usualDistance({ x, y, row }) {
  const gaps = [];
  for (let n = 1; n < x.length; n += 1) if (row[n] === row[n - 1]) gaps.push(Math.hypot(x[n] - x[n - 1], y[n] - y[n - 1]));
  gaps.sort((a, b) => a - b);
  return gaps[gaps.length >> 1] || 50;
}
