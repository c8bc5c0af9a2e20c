// Makes a part of a page look like its fresh version by the smallest change: focus, selection, opened details and what somebody typed
// stay. Elements are known again by data-key or id, others by their place. Of a <tbody data-steady> nothing moves: rows that are shown
// are brought up to date where they stand, and the answer is how many new ones wait to be shown.
export function morph(shown, fresh, { steady = false } = {}) {
  let waiting = 0;

  function bring(shown, fresh) {
    if (shown.isEqualNode(fresh)) return;
    if (shown.nodeType !== fresh.nodeType || shown.nodeName !== fresh.nodeName) { if (!holds(shown)) shown.replaceWith(fresh); return; }
    if (shown.nodeType !== Node.ELEMENT_NODE) { shown.data = fresh.data; return; }
    dress(shown, fresh);
    if (steady && shown.matches("tbody[data-steady]")) keep(shown, fresh);
    else align(shown, fresh);
  }

  function keep(shown, fresh) {
    const rows = new Map([...fresh.rows].map((row) => [key(row), row]));
    for (const row of shown.rows) {
      const now = rows.get(key(row));
      if (now && rows.delete(key(row))) bring(row, now);
    }
    waiting += [...rows.values()].filter((row) => !("elsewhere" in row.dataset)).length;
  }

  function align(shown, fresh) {
    const known = new Map([...shown.children].filter(key).map((child) => [key(child), child]));
    let here = shown.firstChild;
    for (const wanted of [...fresh.childNodes]) {
      const same = known.get(key(wanted));
      if (same) {
        if (same === here) here = here.nextSibling;
        else move(same, shown, here);
        bring(same, wanted);
      } else if (here && !key(here) && !key(wanted) && here.nodeName === wanted.nodeName) {
        const next = here.nextSibling;
        bring(here, wanted);
        here = next;
      } else shown.insertBefore(wanted, here);
    }
    while (here) {
      const next = here.nextSibling;
      if (!holds(here)) here.remove();
      here = next;
    }
  }

  bring(shown, fresh);
  return waiting;
}

function key(node) { return node.nodeType === Node.ELEMENT_NODE ? node.dataset.key || node.id : ""; }

function holds(node) { return node !== document.body && node.contains(document.activeElement); }

function move(node, parent, before) {
  const focused = holds(node) ? document.activeElement : null;
  parent.insertBefore(node, before);
  focused?.focus({ preventScroll: true });
}

function dress(shown, fresh) {
  for (const { name, value } of fresh.attributes) if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  // Whether details stand open is the reader's to say.
  for (const { name } of [...shown.attributes]) if (name !== "open" && !fresh.hasAttribute(name)) shown.removeAttribute(name);
}
