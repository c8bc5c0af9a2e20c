// An EventSource that comes back. A laptop that was closed has connections that only look alive: it asks anew when the network is
// back, when the page comes out of the browser's cache, when somebody looks again after a long silence, and when an answer does not
// begin (at first after three seconds, then each time twice as long). A browser gives a site few connections, whatever the number of
// its tabs: a page that nobody looks at gives its own back after a few seconds, and asks anew at the first look. `address()` is asked
// each time; `on` has a handler for each kind of message. Answers how to stop.
const SILENT = 20000;
const UNSEEN = 5000;
const FIRST = 3000;
const LONGEST = 60000;

export function follow(address, on, onState = () => {}) {
  let source = null;
  let heard = Date.now();
  let patience = FIRST;
  let timer = 0;
  let leaving = 0;

  function close() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  function open() {
    close();
    if (document.hidden) return;
    const opened = source = new EventSource(address());
    timer = setTimeout(() => {
      patience = Math.min(LONGEST, 2 * patience);
      if (opened.readyState === EventSource.CONNECTING) open();
    }, patience);
    opened.onopen = () => {
      clearTimeout(timer);
      patience = FIRST;
      heard = Date.now();
      onState("live");
    };
    opened.onerror = () => {
      onState("waiting");
      // The browser tries again by itself, except after an answer that was no stream.
      if (opened.readyState === EventSource.CLOSED) timer = setTimeout(open, 2000);
    };
    for (const [kind, hear] of Object.entries(on)) {
      opened.addEventListener(kind, (event) => { heard = Date.now(); hear(event); });
    }
  }

  const looked = () => {
    clearTimeout(leaving);
    if (document.hidden) leaving = setTimeout(close, UNSEEN);
    else if (!source || Date.now() - heard > SILENT) open();
  };
  const shown = (event) => { if (event.persisted) open(); };
  document.addEventListener("visibilitychange", looked);
  addEventListener("online", open);
  addEventListener("pageshow", shown);
  open();
  return () => {
    close();
    clearTimeout(leaving);
    document.removeEventListener("visibilitychange", looked);
    removeEventListener("online", open);
    removeEventListener("pageshow", shown);
  };
}
