// The best seats: what the picker would take is shown before anything is held; one press holds just these.
export function best(form, { show, plan, basket, preview, list }) {
  const out = form.querySelector("[data-part=preview]");
  let asked = 0, found = [];

  async function look() {
    const mine = asked += 1;
    const query = new URLSearchParams(new FormData(form));
    query.delete("csrfmiddlewaretoken");
    const answer = await fetch(`/shows/${show}/best.json?${query}`);
    const said = await answer.json().catch(() => ({}));
    if (mine !== asked) return;
    found = said.seats ?? [];
    preview(found);
    const total = found.reduce((sum, id) => sum + plan.price(id), 0);
    out.textContent = found.length ? `${list(found)} · ${plan.money(total)}` : said.message ?? said.detail ?? "";
  }

  // Not when the button is pressed: it takes the best in any case.
  form.addEventListener("focusin", (event) => { if (!asked && event.target.type !== "submit") look(); });
  form.addEventListener("change", look);
  form.addEventListener("input", (event) => { if (event.target.name === "size") look(); });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const data = new FormData(form), size = Number(data.get("size"));
    basket.accessible ||= data.has("accessible");
    const zones = data.getAll("zone").filter(Boolean).map(Number);
    const said = found.length === size ? await basket.hold({ seats: found }) : { code: "seats_taken" };
    // What was shown may be gone by now; then the best of what is left.
    if (said?.code === "seats_taken") await basket.hold({ best: { size, zones, accessible: Number(data.has("accessible")) } });
    // What was asked before is of a hall that is no more.
    asked += 1;
    found = [];
    preview([]);
    out.textContent = "";
  });
}
