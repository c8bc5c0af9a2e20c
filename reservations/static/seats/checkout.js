import { post } from "./server.js";

// What was typed survives the end of the time: the page is loaded again then, with these words in their fields.
const kept = `checkout:${location.pathname}`;
const fields = [...document.querySelectorAll("#name, #email")];
const words = JSON.parse(sessionStorage.getItem(kept) ?? "{}");
const keep = () => sessionStorage.setItem(kept, JSON.stringify(Object.fromEntries(fields.map((field) => [field.id, field.value]))));
for (const field of fields) {
  // Somebody may have typed before this script was there.
  if (words[field.id] && !field.matches(":focus")) field.value = words[field.id];
  field.addEventListener("input", keep);
}
keep();

// Extras are reserved as their number changes, so that what is shown is what is kept; without scripts a button does it.
const extras = document.getElementById("extras");
if (extras) {
  const { path, seats, currency } = extras.dataset;
  const inputs = [...extras.querySelectorAll("input")];
  const money = new Intl.NumberFormat("en-GB", { style: "currency", currency }).format;
  const units = (input) => Math.max(0, Math.round(Number(input.value) || 0));
  const part = (name, root = document) => root.querySelector(`[data-part=${name}]`);
  const line = (input) => {
    const item = document.createElement("li"), words = document.createElement("span"), price = document.createElement("b");
    words.textContent = `${units(input)} × ${input.dataset.name}`;
    price.textContent = money(units(input) * input.dataset.price);
    item.append(words, price);
    return item;
  };
  const draw = () => {
    const total = inputs.reduce((sum, input) => sum + units(input) * input.dataset.price, Number(seats));
    part("extras").replaceChildren(...inputs.filter(units).map(line));
    part("total").textContent = money(total);
    part("book").textContent = part("book").dataset.words.replace("{}", money(total));
    return money(total);
  };
  let turn = Promise.resolve();
  const reserve = async () => {
    const said = await post(path, { extras: Object.fromEntries(inputs.map((input) => [input.name.slice(6), units(input)])) });
    document.getElementById("extras-wrong").textContent = said.outcome === "chosen" ? "" : said.message;
    if (said.outcome === "chosen") document.getElementById("extras-said").textContent = `Reserved with your seats. Together ${draw()}.`;
    for (const input of inputs) {
      const left = said.short?.[input.name.slice(6)];
      if (left !== undefined) part("left", input.parentElement).textContent = left ? `only ${left} left` : "sold out";
      input.setAttribute("aria-invalid", left !== undefined);
    }
  };
  extras.addEventListener("change", () => { turn = turn.then(reserve); });
}
