// My selection: what I hold on the server. A click holds or gives back; calls go one after another, so a fast hand loses nothing.
import { post } from "./server.js";
import * as clock from "./clock.js";

export class Basket extends EventTarget {
  // `exchanges`: the booking for whose seats these are meant, if for one.
  constructor({ show, exchanges }, statuses, state) {
    super();
    this.path = `/api/shows/${show}/holds`;
    this.exchanges = exchanges;
    this.statuses = statuses;
    this.accessible = false;
    this.waiting = new Set();
    this.turn = Promise.resolve();
    clock.set(state.now);
    this.take(state.hold);
    statuses.addEventListener("state", (event) => { clock.set(event.detail.now); this.take(event.detail.hold); });
  }

  get seats() {
    return [...this.statuses.mine];
  }

  toggle(id) {
    if (this.waiting.has(id)) return;
    if (this.statuses.mine.has(id)) return this.giveBack([id]);
    if (this.statuses.of(id) === "free") return this.hold({ seats: [id] });
  }

  hold(wanted) {
    return this.call(wanted.seats ?? [], async () => {
      const asked = { draft: true, accessible: this.accessible, exchanges: this.exchanges, ...wanted };
      let said = await post(this.path, { ...asked, hold: this.id });
      if (said.code === "hold_over") said = await post(this.path, { ...asked, hold: null });
      return this.hear(said, wanted);
    });
  }

  giveBack(seats) {
    return this.call(seats, async () => {
      const said = await post(`${this.path}/${this.id}/release`, { seats });
      if (said.outcome !== "released") return this.hear(said);
      this.statuses.set(said.seats, "free");
      const rest = this.seats.filter((id) => !said.seats.includes(id));
      this.take(rest.length ? { hold: this.id, seats: rest, expires_at: this.until, ceiling_at: this.ceiling } : null);
      this.say("released", { seats: said.seats });
      return said;
    });
  }

  // Seats instead of those held: the new ones first, so that there is no moment without seats.
  async change(seats) {
    const extra = seats.filter((id) => !this.statuses.mine.has(id));
    const old = this.seats.filter((id) => !seats.includes(id));
    const said = await this.hold({ seats: extra });
    if (said?.outcome === "held" && old.length) await this.giveBack(old);
    else if (said?.code === "limit_reached") { await this.giveBack(old); await this.hold({ seats: extra }); }
  }

  // The choice is made: the rules of the house are asked now. Answers whether it may go on to the checkout.
  async settle() {
    const said = await this.call([], async () => this.hear(await post(this.path, { hold: this.id, seats: this.seats, accessible: this.accessible })));
    return said?.outcome === "held";
  }

  call(seats, act) {
    seats.forEach((id) => this.waiting.add(id));
    this.statuses.tell(seats);
    this.say("busy");
    this.turn = this.turn.then(act).finally(() => {
      seats.forEach((id) => this.waiting.delete(id));
      this.statuses.tell(seats);
      this.say("busy");
    });
    return this.turn;
  }

  hear(said, wanted = {}) {
    if (said.outcome === "held") {
      clock.set(said.now);
      this.take(said);
      this.say("held", { seats: said.seats, single: said.leaves_single ?? [], alternative: said.alternative ?? [] });
    } else {
      if (said.code === "seats_taken") this.statuses.tell(said.taken);
      this.say("refused", { ...said, wanted });
    }
    return said;
  }

  take(hold) {
    // Prices that have changed since: what I saw is what I pay.
    this.quoted = hold?.quoted ?? (hold && hold.hold === this.id ? this.quoted : {});
    this.id = hold?.hold ?? null;
    this.until = hold?.expires_at ?? null;
    this.ceiling = hold?.ceiling_at ?? null;
    this.statuses.own(hold?.seats ?? []);
    this.say("change");
  }

  // The time is over: the seats are free for everybody. They are kept in mind, to be held again.
  end() {
    const lost = this.seats;
    this.take(null);
    this.statuses.set(lost, "free");
    this.say("over", { seats: lost });
  }

  say(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
