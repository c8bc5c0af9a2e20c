// Follows events: listen("seats.**", {subject, after}, (event) => ...). A broken or sleeping connection resumes after the last
// event heard, so nothing is missed and nothing comes twice. `stop()` of what is answered ends it.
export function listen(pattern, { subject = "", after = "", onState = () => {} } = {}, hear) {
  let place = after;
  let source = null;
  let heard = Date.now();

  function open() {
    const query = new URLSearchParams({ pattern });
    if (subject) query.set("subject", subject);
    if (place) query.set("after", place);
    source = new EventSource(`/api/events?${query}`);
    source.onopen = () => { heard = Date.now(); onState("live"); };
    source.onerror = () => {
      onState("waiting");
      // The browser tries again by itself, except after an answer that was no stream.
      if (source.readyState === EventSource.CLOSED) setTimeout(reopen, 2000);
    };
    source.onmessage = (message) => {
      heard = Date.now();
      if (message.lastEventId) place = message.lastEventId;
      hear(JSON.parse(message.data));
    };
  }

  function reopen() {
    if (!source) return;
    source.close();
    open();
  }

  // A laptop that was closed has a connection that only looks alive: ask anew as soon as somebody looks.
  const awake = () => { if (document.visibilityState === "visible" && Date.now() - heard > 20000) reopen(); };
  const online = () => reopen();
  document.addEventListener("visibilitychange", awake);
  addEventListener("online", online);
  addEventListener("pageshow", (event) => { if (event.persisted) reopen(); });
  open();
  return {
    stop() {
      document.removeEventListener("visibilitychange", awake);
      removeEventListener("online", online);
      source.close();
      source = null;
    },
  };
}
