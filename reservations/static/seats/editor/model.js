// A hall being drawn: sections of rows of seats, room to stand, the stage; every change can be undone.
const MARGIN = 80, AISLE = 60, BEHIND = 80, MOST_STEPS = 60;
const NATURAL = new Intl.Collator("en", { numeric: true });

export class Model extends EventTarget {
  constructor(drawing) {
    super();
    this.past = [];
    this.future = [];
    this.set(drawing);
  }

  set(drawing) {
    this.drawing = drawing;
    this.index();
    this.dispatchEvent(new Event("change"));
  }

  // Columns over all seats, as picking and drawing want them.
  index() {
    const seats = [], row = [], section = [];
    this.rows = [];
    this.drawing.sections.forEach((part, s) => part.rows.forEach((line) => {
      for (const seat of line.seats) { seats.push(seat); row.push(this.rows.length); section.push(s); }
      this.rows.push({ line, part });
    }));
    this.columns = { count: seats.length, seats, row, section, x: seats.map((seat) => seat.x), y: seats.map((seat) => seat.y), pitch: pitchOf(seats, row) };
  }

  // Do something to the drawing; what was is kept for undo.
  change(act) {
    this.keep();
    act(this.drawing);
    for (const part of this.drawing.sections) part.rows = part.rows.filter((line) => line.seats.length);
    this.drawing.sections = this.drawing.sections.filter((part) => part.rows.length);
    this.set(this.drawing);
  }

  keep(was = JSON.stringify(this.drawing)) {
    this.past.push(was);
    if (this.past.length > MOST_STEPS) this.past.shift();
    this.future = [];
  }

  undo() {
    this.step(this.past, this.future);
  }

  redo() {
    this.step(this.future, this.past);
  }

  step(from, to) {
    if (!from.length) return;
    to.push(JSON.stringify(this.drawing));
    this.set(JSON.parse(from.pop()));
  }

  // The rows that have chosen seats, each with these in order from left to right (from the top where they stand upright).
  lines(chosen) {
    const found = new Map();
    for (const n of chosen) {
      const number = this.columns.row[n];
      if (!found.has(number)) found.set(number, []);
      found.get(number).push(this.columns.seats[n]);
    }
    return [...found].sort(([a], [b]) => a - b).map(([number, seats]) => ({ ...this.rows[number], seats: seats.sort((a, b) => a.x - b.x || a.y - b.y) }));
  }

  setKind(chosen, kind) {
    this.change(() => { for (const n of chosen) this.columns.seats[n].kind = kind; });
  }

  remove(chosen) {
    const gone = new Set([...chosen].map((n) => this.columns.seats[n]));
    this.change(({ sections }) => sections.forEach((part) => part.rows.forEach((line) => { line.seats = line.seats.filter((seat) => !gone.has(seat)); })));
  }

  move(chosen, dx, dy) {
    for (const n of chosen) {
      const seat = this.columns.seats[n];
      seat.x = this.columns.x[n] += dx;
      seat.y = this.columns.y[n] += dy;
    }
  }

  number(chosen, first, step, fromRight) {
    const lines = this.lines(chosen);
    this.change(() => lines.forEach(({ seats }) => {
      const order = fromRight ? [...seats].reverse() : seats;
      order.forEach((seat, place) => { seat.label = String(first + place * step); });
    }));
  }

  // A, B, C or 1, 2, 3, from the row that is nearest to the stage.
  letter(chosen, first) {
    const [sx, sy] = this.drawing.stage;
    const near = ({ seats }) => Math.min(...seats.map((seat) => Math.hypot(seat.x - sx, seat.y - sy)));
    const lines = this.lines(chosen).sort((a, b) => near(a) - near(b));
    this.change(() => { let label = first; for (const { line } of lines) { line.label = label; label = next(label); } });
  }

  // The chosen seats leave their rows for rows of the same label in that section.
  toSection(chosen, name) {
    const lines = this.lines(chosen);
    this.change(({ sections }) => {
      let part = sections.find((one) => one.name === name);
      if (!part) sections.push(part = { name, rows: [] });
      for (const { line, seats } of lines) {
        const gone = new Set(seats);
        line.seats = line.seats.filter((seat) => !gone.has(seat));
        part.rows.push({ label: line.label, seats, ring: line.ring && !line.seats.length });
      }
    });
  }

  // Every seat of the row beyond the last chosen one moves an aisle's width along the row.
  aisle(chosen) {
    const lines = this.lines(chosen);
    this.change(() => lines.forEach(({ line, seats }) => {
      const order = [...line.seats].sort((a, b) => a.x - b.x || a.y - b.y), at = order.indexOf(seats.at(-1));
      const beyond = order.slice(at + 1);
      if (!beyond.length) return;
      const dx = beyond[0].x - order[at].x, dy = beyond[0].y - order[at].y, far = Math.hypot(dx, dy) || 1;
      for (const seat of beyond) { seat.x += dx / far * AISLE; seat.y += dy / far * AISLE; }
    }));
  }

  // The chosen rows again behind the last one of their section, with the next names.
  copy(chosen) {
    const lines = this.lines(chosen), downs = new Map(lines.map(({ part }) => [part, behind(part, lines)]));
    this.change(() => {
      for (const { line, part, seats } of lines) {
        const label = next(part.rows.map((one) => one.label).sort(NATURAL.compare).at(-1));
        part.rows.push({ label, ring: line.ring, seats: seats.map((seat) => ({ ...seat, y: seat.y + downs.get(part) })) });
      }
    });
  }

  // Another drawing behind this one; its sections get names of their own.
  append(other) {
    this.change((drawing) => {
      const lowest = Math.max(0, ...this.columns.y, ...drawing.areas.map((area) => area.y + area.height));
      const highest = Math.min(...other.sections.flatMap((part) => part.rows.flatMap((line) => line.seats.map((seat) => seat.y))));
      const down = lowest + 2 * BEHIND - highest, names = new Set(drawing.sections.map((part) => part.name));
      for (const part of other.sections) {
        for (const line of part.rows) for (const seat of line.seats) seat.y += down;
        drawing.sections.push({ ...part, name: fresh(part.name, names) });
      }
      const areas = new Set(drawing.areas.map((area) => area.name));
      for (const area of other.areas) drawing.areas.push({ ...area, name: fresh(area.name, areas), y: area.y + down });
    });
  }

  addArea(area) {
    this.change((drawing) => drawing.areas.push({ ...area, name: fresh(area.name, new Set(drawing.areas.map((one) => one.name))), x: MARGIN, y: MARGIN }));
  }

  // With room around everything and the frame drawn to it, numbers rounded: as it is saved.
  framed(name) {
    const drawing = JSON.parse(JSON.stringify(this.drawing));
    const seats = drawing.sections.flatMap((part) => part.rows.flatMap((line) => line.seats)), things = [...seats, ...drawing.areas];
    const xs = [drawing.stage[0], ...things.map((one) => one.x), ...drawing.areas.map((area) => area.x + area.width)];
    const ys = [drawing.stage[1], ...things.map((one) => one.y), ...drawing.areas.map((area) => area.y + area.height)];
    const dx = Math.round(MARGIN - least(xs)), dy = Math.round(MARGIN / 2 - least(ys));
    for (const one of things) { one.x = round(one.x + dx); one.y = round(one.y + dy); }
    drawing.stage = [round(drawing.stage[0] + dx), round(drawing.stage[1] + dy)];
    return { ...drawing, name, width: Math.ceil(most(xs) + dx + MARGIN), height: Math.ceil(most(ys) + dy + MARGIN) };
  }
}

const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
const most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
const round = (value) => Math.round(value * 100) / 100;

// B after A, AA after Z, 8 after 7.
export function next(label) {
  if (/\d$/.test(label)) return label.replace(/\d+$/, (number) => String(Number(number) + 1));
  if (!/^[A-Z]+$/.test(label)) return `${label} 2`;
  const letters = [...label];
  for (let at = letters.length - 1; at >= 0; at -= 1) {
    if (letters[at] !== "Z") { letters[at] = String.fromCharCode(letters[at].charCodeAt(0) + 1); return letters.join(""); }
    letters[at] = "A";
  }
  return `A${letters.join("")}`;
}

// How far down the lines of a section go to stand behind all of it.
function behind(part, lines) {
  const lowest = most(part.rows.flatMap((line) => line.seats.map((seat) => seat.y)));
  return lowest + BEHIND - least(lines.filter((one) => one.part === part).flatMap(({ seats }) => seats.map((seat) => seat.y)));
}

function fresh(name, names) {
  let unused = name;
  for (let number = 2; names.has(unused); number += 1) unused = `${name} ${number}`;
  names.add(unused);
  return unused;
}

function pitchOf(seats, row) {
  const gaps = [];
  for (let n = 1; n < seats.length; n += 1) if (row[n] === row[n - 1]) gaps.push(Math.hypot(seats[n].x - seats[n - 1].x, seats[n].y - seats[n - 1].y));
  gaps.sort((a, b) => a - b);
  return gaps[gaps.length >> 1] || 50;
}
