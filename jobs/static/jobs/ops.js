// The operators' pages by keyboard. Without it every page works.
const palette = document.getElementById("palette");
const find = document.getElementById("palette-find");
const options = [...document.querySelectorAll("#palette-list [role=option]")];
const typing = (target) => target.matches("input, textarea, select, [contenteditable]");
let leader = 0;
let chosen = 0;

for (const button of document.querySelectorAll("[data-palette]")) {
  button.hidden = false;
  button.addEventListener("click", open);
}

function open() {
  find.value = "";
  palette.showModal();
  narrow();
}

// A form that was refused comes back as it was sent, with what is wrong beside each field.
const refused = JSON.parse(document.getElementById("refused")?.textContent ?? "null");
const sent = (form) => new URL(form.action).pathname === refused.action
  && [...form.querySelectorAll("input[type=hidden]")].every(({ name, value }) => name === "csrfmiddlewaretoken" || name === "next" || refused.values[name] === value);
const again = refused && [...document.forms].find(sent);
for (const field of again?.elements ?? []) {
  if (field.type === "hidden" || !(field.name in refused.values)) continue;
  if (field.type === "checkbox" || field.type === "radio") field.checked = field.value === refused.values[field.name];
  else field.value = refused.values[field.name];
  if (!(field.name in refused.wrong)) continue;
  const said = document.createElement("span");
  said.className = "wrong";
  said.id = `${field.id || field.name}-wrong`;
  said.textContent = refused.wrong[field.name];
  field.after(said);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", said.id);
}
again?.querySelector("[aria-invalid]")?.focus();

function shown() { return options.filter((option) => !option.hidden); }

function narrow() {
  const words = find.value.trim().toLowerCase();
  for (const option of options) option.hidden = !option.textContent.toLowerCase().includes(words);
  choose(0);
}

function choose(at) {
  const here = shown();
  chosen = here.length ? (at + here.length) % here.length : 0;
  for (const option of options) option.setAttribute("aria-selected", option === here[chosen]);
  if (here.length) find.setAttribute("aria-activedescendant", here[chosen].id);
  else find.removeAttribute("aria-activedescendant");
}

find?.addEventListener("input", narrow);
find?.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") choose(chosen + 1);
  else if (event.key === "ArrowUp") choose(chosen - 1);
  else if (event.key === "Enter") { const here = shown()[chosen]; if (here) location.assign(here.dataset.address); }
  else return;
  event.preventDefault();
});
for (const option of options) option.addEventListener("click", () => location.assign(option.dataset.address));

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "k") { event.preventDefault(); open(); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || palette?.open) return;
  if (Date.now() - leader < 1500) {
    leader = 0;
    const place = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (place) { event.preventDefault(); place.click(); return; }
  }
  if (event.key === "g") leader = Date.now();
  else if (event.key === "?") { event.preventDefault(); open(); }
  else if (event.key === "/") { event.preventDefault(); search(); }
});

function search() {
  const box = document.querySelector("[data-search]");
  if (box) { box.focus(); box.select(); } else document.querySelector('[data-go="j"]')?.click();
}

// A form that can't be undone asks first.
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

// Where the browser may not write to the clipboard (plain HTTP), the text is selected: one key is left to press.
for (const button of document.querySelectorAll("[data-copy]")) {
  const text = document.getElementById(button.dataset.copy);
  const words = button.firstChild;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      words.data = "Copied";
    } catch {
      getSelection().selectAllChildren(text);
      words.data = "Selected";
    }
    setTimeout(() => { words.data = "Copy"; }, 2000);
  });
}
