// Each product on the page says how many of it are free, and learns it the moment it changes. Without scripts the page says
// what was true when it was loaded, and the reservation decides.
import { listen } from "../jobs/events.js";

function write(shown, available) {
  const backorder = "backorder" in shown.dataset;
  shown.textContent = available > 0 ? `${available.toLocaleString("en").replaceAll(",", "\u2009")} available` : backorder ? "On backorder" : "Sold out";
  shown.className = `state ${available > 0 ? "succeeded" : backorder ? "running" : "dead"}`;
  offer(shown);
}

// A product's own page offers the cart, or says that it cannot be had.
function offer(shown) {
  const soldOut = shown.classList.contains("dead");
  for (const part of document.querySelectorAll("[data-had], [data-gone]")) {
    if (part.dataset.had === shown.dataset.free) part.hidden = soldOut;
    if (part.dataset.gone === shown.dataset.free) part.hidden = !soldOut;
  }
}

if (document.querySelector("[data-free]")) {
  document.addEventListener("htmx:afterSwap", () => document.querySelectorAll("[data-free]").forEach(offer));
  listen("stock.available", { after: document.body.dataset.place }, ({ data }) => {
    for (const shown of document.querySelectorAll("[data-free]")) {
      if (shown.dataset.free === data.sku) write(shown, data.available);
    }
  });
}
