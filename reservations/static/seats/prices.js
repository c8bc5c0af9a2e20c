// A price that changes while the page is open: whatever says a price says the new one, or what it stays at for whom held seats before.
export function prices({ plan, statuses, basket, panel, drawing = null }) {
  let known = "{}";
  const quote = () => {
    const quoted = JSON.stringify(plan.quoted);
    if (quoted !== known) labels(plan);
    known = quoted;
  };
  basket.addEventListener("change", quote);
  quote();
  statuses.addEventListener("priced", async ({ detail }) => {
    const { number, was } = plan.reprice(detail), zone = plan.zones[number];
    drawing?.rezone(number, detail.seats);
    // Who holds seats of it pays what they saw: which prices these are the server knows.
    if (basket.id) await statuses.ask();
    panel.draw();
    legend(plan, zone);
    option(plan, zone);
    labels(plan);
    if (detail.seats.length || (was !== undefined && Number(was) !== Number(zone.price))) panel.priced(zone, was, detail.seats.length);
  });
}

function legend(plan, zone) {
  const list = document.getElementById("legend"), first = list?.querySelector("li");
  if (!first) return;
  let button = list.querySelector(`[data-zone="${zone.id}"]`);
  if (!button) {
    const item = first.cloneNode(true);
    button = item.querySelector("button");
    button.dataset.zone = zone.id;
    button.setAttribute("aria-pressed", "false");
    list.append(item);
  }
  button.style.setProperty("--zone", zone.colour);
  button.replaceChildren(button.querySelector(".swatch"), `${zone.name} `, Object.assign(document.createElement("b"), { textContent: plan.money(zone.price) }));
}

function option(plan, zone) {
  const select = document.getElementById("zone"), words = `${zone.name}, ${plan.money(zone.price)}`;
  const known = select.querySelector(`option[value="${zone.id}"]`);
  if (known) known.textContent = words;
  else select.append(new Option(words, zone.id));
}

// Each seat of the list, and each place to stand.
function labels(plan) {
  for (const price of document.querySelectorAll("[data-price-of]")) {
    const area = plan.areas.find((one) => `area-${one.id}` === price.dataset.priceOf);
    const id = area ? area.seats[0][0] : Number(price.dataset.priceOf);
    price.textContent = plan.money(plan.price(id));
    price.closest(".seat")?.style.setProperty("--zone", plan.zones[plan.zoneOf(id)].colour);
  }
}
