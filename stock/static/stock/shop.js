// Each product on the page says how many of it are free, and learns it the moment it changes. Without scripts the page says
// what was true when it was loaded, and the reservation decides.
import { listen } from "../jobs/events.js";

function write(shown, available) {
  const backorder = "backorder" in shown.dataset;
  shown.textContent = available > 0 ? `${available.toLocaleString("en").replaceAll(",", "\u2009")} available` : backorder ? "On backorder" : "Sold out";
  shown.className = `state ${available > 0 ? "succeeded" : backorder ? "running" : "dead"}`;
}

if (document.querySelector("[data-free]")) {
  listen("stock.available", {}, ({ data }) => {
    for (const shown of document.querySelectorAll("[data-free]")) {
      if (shown.dataset.free === data.sku) write(shown, data.available);
    }
  });
}
