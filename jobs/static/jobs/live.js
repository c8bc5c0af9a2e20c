// Follows a job: the server sends the page's live part at each change; only what changed is swapped, so focus, selection and
// opened details stay. A broken connection comes back by itself, and hears the present state first.
import { follow } from "./stream.js";

const live = document.querySelector("[data-live]");
if (live) {
  const known = new Map();
  const state = (event) => {
    const fresh = document.createElement("template");
    fresh.innerHTML = event.data;
    for (const part of fresh.content.querySelectorAll("[id^=live-]")) {
      if (known.get(part.id) === part.innerHTML) continue;
      known.set(part.id, part.innerHTML);
      const shown = document.getElementById(part.id);
      if (shown && shown.innerHTML !== part.innerHTML) shown.innerHTML = part.innerHTML;
    }
  };
  const stop = follow(() => live.dataset.live, { state, end: () => stop() });
  document.body.addEventListener("htmx:afterSwap", () => known.clear());
}
