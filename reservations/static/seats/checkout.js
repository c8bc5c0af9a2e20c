// What was typed survives the end of the time: the page is loaded again then, with these words in their fields.
const kept = `checkout:${location.pathname}`;
const fields = [...document.querySelectorAll("#name, #email")];
const words = JSON.parse(sessionStorage.getItem(kept) ?? "{}");
for (const field of fields) {
  if (words[field.id]) field.value = words[field.id];
  field.addEventListener("input", () => sessionStorage.setItem(kept, JSON.stringify(Object.fromEntries(fields.map((one) => [one.id, one.value])))));
}
