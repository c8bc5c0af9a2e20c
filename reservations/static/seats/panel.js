// My selection as the page shows it: seats with a way to give each back, total, countdown, hints, refusals, and the way to the checkout.
import * as clock from "./clock.js";

export class Panel {
  // `preview(ids)` shows on the map what is proposed.
  constructor(root, basket, plan, preview = () => {}) {
    Object.assign(this, { root, basket, plan, preview, show: plan.show });
    for (const name of ["seats", "total", "clock", "empty", "full", "hint", "count"]) this[name] = root.querySelector(`[data-part=${name}]`);
    this.said = document.getElementById("said");
    this.changes = new Map();
    this.onward = root.querySelector("[data-part=onward]");
    basket.addEventListener("change", () => this.draw());
    basket.addEventListener("busy", () => root.classList.toggle("busy", basket.waiting.size > 0));
    basket.addEventListener("held", (event) => this.held(event.detail));
    basket.addEventListener("released", (event) => { this.clear(); this.say(`${this.list(event.detail.seats)} given back.`); });
    basket.addEventListener("refused", (event) => this.refused(event.detail));
    basket.addEventListener("over", (event) => this.over(event.detail.seats));
    this.seats.addEventListener("click", (event) => this.giveBack(event.target.closest("button")));
    this.onward.addEventListener("click", () => this.go());
    setInterval(() => this.tick(), 500);
    this.draw();
  }

  draw() {
    this.plan.quoted = this.basket.quoted;
    const ids = this.basket.seats, total = ids.reduce((sum, id) => sum + this.plan.price(id), 0);
    this.empty.hidden = ids.length > 0;
    this.full.hidden = !ids.length;
    this.count.textContent = ids.length === 1 ? "1 seat" : `${ids.length} seats`;
    this.total.textContent = this.plan.money(total);
    this.seats.replaceChildren(...ids.map((id) => this.line(id)));
    this.root.classList.toggle("has-seats", ids.length > 0);
    this.tick();
  }

  line(id) {
    const item = document.createElement("li"), words = document.createElement("span"), price = document.createElement("b"), button = document.createElement("button");
    item.style.setProperty("--zone", this.plan.zones[this.plan.zoneOf(id)].colour);
    words.textContent = [this.plan.where(id), this.plan.kindOf(id)].filter(Boolean).join(" · ");
    price.textContent = this.plan.money(this.plan.price(id));
    Object.assign(button, { type: "button", className: "icon", textContent: "×" });
    button.setAttribute("aria-label", `Give back ${this.plan.where(id)}`);
    button.dataset.id = id;
    item.append(words, price, button);
    return item;
  }

  giveBack(button) {
    if (!button) return;
    this.basket.giveBack([Number(button.dataset.id)]);
    this.root.focus();
  }

  tick() {
    if (!this.basket.until) return;
    const seconds = clock.left(this.basket.until);
    this.clock.textContent = clock.told(seconds);
    this.clock.classList.toggle("soon", seconds < 60);
    if (seconds === 60) this.say("One minute left.");
    if (!seconds) this.basket.end();
  }

  held({ seats, single, alternative }) {
    this.say(`${seats.length === 1 ? "1 seat is" : `${seats.length} seats are`} held for you.`);
    if (single.length) return this.propose(`That leaves ${this.list(single)} alone, which nobody wants to buy.`, alternative);
    this.clear();
  }

  refused(said) {
    if (said.code === "leaves_single") return this.propose(`That leaves ${this.list(said.taken)} alone, which nobody wants to buy.`, said.alternative);
    this.say(said.message);
    const actions = [];
    if (said.code === "nobody") actions.push(link("Load the page again", location.href), link("Sign in", `/login/?next=${encodeURIComponent(location.pathname)}`));
    if (said.code === "sold_out") actions.push(link("Join the waiting list", `/shows/${this.show}/waiting/`));
    if (said.code === "waiting_room") actions.push(link("Go to the waiting room", `/shows/${this.show}/room/`));
    if (said.code === "wheelchair_space") actions.push(this.button("One of us uses a wheelchair", () => this.wheelchair(said.wanted)));
    if (said.code === "seats_taken" && said.alternative.length) {
      actions.push(this.button(`Take ${this.list(said.alternative)}`, () => this.basket.hold({ seats: said.alternative })));
    }
    this.note("bad", said.message, actions);
  }

  // The rule lives on the server; it has answered what to take instead.
  propose(message, alternative) {
    const isOther = alternative.some((id) => !this.basket.statuses.mine.has(id));
    const actions = isOther ? [this.button(`Take ${this.list(alternative)} instead`, () => this.basket.change(alternative))] : [];
    this.say(message);
    this.note("hint", message, actions);
    if (isOther) this.preview(alternative);
  }

  clear() {
    this.changes.clear();
    this.hint.replaceChildren();
    this.preview([]);
  }

  over(seats) {
    this.say("Your time is over. The seats are free for everybody again.");
    const again = this.button("Try to hold them again", () => this.basket.hold({ seats }));
    this.note("bad", `Your time is over: ${this.list(seats)} can be had by everybody again.`, seats.length ? [again] : []);
    this.root.focus();
  }

  wheelchair(wanted) {
    this.basket.accessible = true;
    return this.basket.hold(wanted);
  }

  // Prices have changed while somebody chooses, all of them in one note; what was said before stays.
  priced(zone, was, seats) {
    const mine = this.plan.quoted[zone.id], now = this.plan.money(zone.price);
    const kept = mine === undefined || Number(mine) === Number(zone.price) ? "" : ` You held seats of it before: for you it stays at ${this.plan.money(mine)}.`;
    const message = seats ? `${seats === 1 ? "1 seat is" : `${seats} seats are`} ${zone.name} now, for ${now}.` : `${zone.name} costs ${now} from now on, not ${this.plan.money(was)}.${kept}`;
    const about = `${zone.id} ${seats > 0}`;
    this.changes.delete(about);
    this.changes.set(about, message);
    const told = [...this.changes.values()];
    this.say(told.join(" "));
    this.hint.querySelector(".price-note")?.remove();
    this.hint.prepend(this.box("hint price-note", told, []));
  }

  note(kind, message, actions) {
    this.clear();
    this.hint.append(this.box(kind, [message], actions));
  }

  box(kind, messages, actions) {
    const box = document.createElement("div"), row = document.createElement("p");
    box.className = `note ${kind}`;
    box.append(...messages.map((text) => Object.assign(document.createElement("p"), { textContent: text })));
    row.className = "row";
    row.append(...actions);
    box.append(...(actions.length ? [row] : []));
    return box;
  }

  button(text, act) {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "quiet small", textContent: text });
    made.addEventListener("click", () => { this.clear(); act(); });
    return made;
  }

  async go() {
    this.onward.disabled = true;
    const settled = await this.basket.settle();
    this.onward.disabled = false;
    if (settled) location.assign(`/shows/holds/${this.basket.id}/`);
    else this.root.scrollIntoView({ block: "nearest" });
  }

  // "row C, seats 4 and 5" where they are of one row; else each in full.
  list(ids) {
    const places = ids.map((id) => this.plan.where(id));
    const common = places[0]?.replace(/ seat [^ ]+$/, "") ?? "";
    const alike = common && places.length > 1 && places.every((place) => place.startsWith(`${common} seat `));
    if (!alike) return [...new Set(places)].map((place) => { const many = places.filter((other) => other === place).length; return many > 1 ? `${many} × ${place}` : place; }).join("; ");
    return `${common} seats ${joined(places.map((place) => place.slice(common.length + 6)))}`;
  }

  say(text) {
    this.said.textContent = text;
  }
}

const joined = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

function link(text, href) {
  return Object.assign(document.createElement("a"), { className: "button", textContent: text, href });
}
