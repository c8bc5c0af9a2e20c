// Completion of the search box: a combobox with a list (ARIA 1.2). The server knows the words; without this file the box still searches.
const box = document.querySelector("[data-complete]");
const list = document.getElementById("q-offers");
let offers = [];
let at = 0;
let chosen = -1;
let asked = 0;
let typing;

if (box) {
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) box.setAttribute(name, value);
  // What was offered for other words must not be taken by a quick hand.
  box.addEventListener("input", () => { ++asked; close(); clearTimeout(typing); typing = setTimeout(ask, 60); });
  box.addEventListener("focus", ask);
  box.addEventListener("blur", () => setTimeout(close, 150));
  box.addEventListener("keydown", steer);
}

async function ask() {
  const number = ++asked;
  const before = box.value.slice(0, box.selectionStart ?? box.value.length);
  let told;
  try {
    const answer = await fetch(`${box.dataset.complete}?${new URLSearchParams({ q: before })}`);
    if (!answer.ok) return close();
    told = await answer.json();
  } catch { return close(); }
  if (number !== asked || document.activeElement !== box) return;
  at = told.at;
  // What is written already is no completion.
  offers = told.offers.filter((offer) => offer.text.trim() !== before.slice(at));
  chosen = -1;
  list.replaceChildren(...offers.map(item));
  list.hidden = !offers.length;
  box.setAttribute("aria-expanded", String(offers.length > 0));
  box.removeAttribute("aria-activedescendant");
}

function item(offer, number) {
  const line = document.createElement("li");
  line.id = `q-offer-${number}`;
  line.setAttribute("role", "option");
  line.setAttribute("aria-selected", "false");
  const text = document.createElement("code");
  text.textContent = offer.text;
  line.append(text, " ", offer.summary);
  line.addEventListener("pointerdown", (event) => { event.preventDefault(); take(number); });
  return line;
}

function steer(event) {
  if (list.hidden) { if (event.key === "ArrowDown") { ask(); event.preventDefault(); } return; }
  if (event.key === "ArrowDown") choose(chosen + 1);
  else if (event.key === "ArrowUp") choose(chosen - 1);
  else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) take(chosen);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
}

function choose(number) {
  chosen = (number + offers.length) % offers.length;
  [...list.children].forEach((line, index) => line.setAttribute("aria-selected", String(index === chosen)));
  list.children[chosen].scrollIntoView({ block: "nearest" });
  box.setAttribute("aria-activedescendant", list.children[chosen].id);
}

function take(number) {
  const end = box.selectionStart ?? box.value.length;
  const text = offers[number].text;
  box.value = box.value.slice(0, at) + text + box.value.slice(end);
  box.selectionStart = box.selectionEnd = at + text.length;
  box.focus();
  if (text.endsWith(" ")) close(); else ask();
}

function close() {
  asked++;
  list.hidden = true;
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
}
