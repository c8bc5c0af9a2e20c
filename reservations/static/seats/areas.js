// Standing room: how many places are free, told wherever an area is shown; a form holds so many of them.
export class Areas {
  constructor(plan, statuses, forms, basket = null) {
    Object.assign(this, { plan, statuses });
    for (const form of forms) {
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const data = new FormData(form);
        basket.hold({ best: { size: Number(data.get("size")), area: Number(data.get("area")) } });
      });
    }
    this.forms = new Map([...forms].map((form) => [Number(form.elements.area.value), form]));
  }

  counts() {
    return new Map(this.plan.areas.map((area) => [area.id, this.count(area)]));
  }

  count(area) {
    let places = 0, taken = 0, mine = 0;
    for (const [first, last] of area.seats) places += last - first + 1;
    const has = (id) => area.seats.some(([first, last]) => first <= id && id <= last);
    for (const id of this.statuses.taken.keys()) taken += has(id) && !this.statuses.mine.has(id);
    for (const id of this.statuses.mine) mine += has(id);
    return { free: places - taken - mine, mine, places };
  }

  tell() {
    const counts = this.counts();
    for (const [id, { free, places }] of counts) {
      const form = this.forms.get(id);
      if (form) form.querySelector("[data-part=free]").textContent = free ? `${free} of ${places} free` : "sold out";
    }
    return counts;
  }

  focus(id) {
    this.forms.get(id)?.elements.size.select();
  }
}
