// Follows a job: the server sends the page's live part at each change; only what changed is swapped, so focus, selection and
// opened details stay. A broken connection comes back by itself, and hears the present state first.
import { morph } from "./morph.js";
import { follow } from "./stream.js";

const live = document.querySelector("[data-live]");
if (live) {
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`conveyor:${name}`, { detail }));
  const state = (event) => {
    const fresh = document.createElement("template");
    fresh.innerHTML = event.data;
    for (const part of fresh.content.querySelectorAll("[id^=live-]")) {
      const shown = document.getElementById(part.id);
      if (shown) morph(shown, part);
    }
    tell("changed");
  };
  const stop = follow(() => live.dataset.live, { state, end: () => { stop(); tell("changed"); } }, (now) => tell("stream", now));
}
