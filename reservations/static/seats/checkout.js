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
