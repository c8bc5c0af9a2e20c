// What each seat is now: free, held, booked or blocked, and which are mine. Follows the journal; after a sleep it asks anew.
import { listen } from "../jobs/events.js";

const ASLEEP = 30_000;

export class Statuses extends EventTarget {
  constructor(show, state) {
    super();
    this.show = show;
    this.taken = new Map();
    this.mine = new Set(state.hold?.seats ?? []);
    this.fill(state.taken);
  }

  fill(taken) {
    this.taken.clear();
    for (const [status, ids] of Object.entries(taken)) for (const id of ids) this.taken.set(id, status);
  }

  // What a person sees: one's own seats are "mine", whatever the database calls them.
  of(id) {
    return this.mine.has(id) ? "mine" : this.taken.get(id) ?? "free";
  }

  set(ids, status) {
    for (const id of ids) {
      if (status === "free") this.taken.delete(id);
      else this.taken.set(id, status);
    }
    this.tell(ids);
  }

  own(ids) {
    const changed = [...this.mine, ...ids];
    this.mine = new Set(ids);
    this.tell(changed);
  }

  tell(ids) {
    this.dispatchEvent(new CustomEvent("change", { detail: [...new Set(ids)] }));
  }

  follow(place) {
    let hidden = 0;
    listen("seats.*", { subject: `show:${this.show}`, after: place }, (event) => this.hear(event));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") hidden = Date.now();
      else if (hidden && Date.now() - hidden > ASLEEP) this.ask();
    });
    addEventListener("pageshow", (event) => { if (event.persisted) this.ask(); });
  }

  hear({ type, data }) {
    if (type === "seats.priced") this.dispatchEvent(new CustomEvent("priced", { detail: data }));
    else this.set(data.seats, data.status);
  }

  // Everything anew, my hold too: another tab may have changed it.
  async ask() {
    const answer = await fetch(`/shows/${this.show}/now.json`);
    if (!answer.ok) return;
    const state = await answer.json();
    const before = [...this.taken.keys()];
    this.fill(state.taken);
    this.tell([...before, ...this.taken.keys()]);
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}
