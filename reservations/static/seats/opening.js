// The sale starts while the page is open: a timer to the start that is known, then the server is asked, which is the judge.
import * as clock from "./clock.js";

// A browser's timers go no farther; all who wait do not ask in the same moment; one that heard nothing asks again.
const FARTHEST = 2 ** 31 - 1, APART = 1500, AGAIN = 10_000;

export function opening(statuses, state) {
  const notice = document.getElementById("opening"), known = state.sale.opens_at;
  if (!notice || !known) return;
  let timer;
  const later = (time) => { clearTimeout(timer); timer = setTimeout(ask, Math.min(time, FARTHEST)); };

  function ask() {
    later(AGAIN);
    statuses.ask().catch(() => {});
  }

  function hear({ detail: { sale } }) {
    if (sale.opens_at === known) return later(clock.left(known) * 1000 + 200 + Math.random() * APART);
    // Another start, a waiting room, or no sale at all: the page says so as the server has it.
    if (!sale.open || sale.room) return location.reload();
    clearTimeout(timer);
    statuses.removeEventListener("state", hear);
    notice.textContent = "The sale is open.";
    for (const button of document.querySelectorAll("button[data-sale]")) button.disabled = false;
  }

  statuses.addEventListener("state", hear);
  hear({ detail: state });
}
