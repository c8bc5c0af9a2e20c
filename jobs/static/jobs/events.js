// Follows events: listen("seats.**", {subject, after}, (event) => ...). A broken or sleeping connection resumes after the last
// event heard, so nothing is missed and nothing comes twice. `stop()` of what is answered ends it.
import { follow } from "./stream.js";

export function listen(pattern, { subject = "", after = "", onState = () => {} } = {}, hear) {
  let place = after;

  function address() {
    const query = new URLSearchParams({ pattern });
    if (subject) query.set("subject", subject);
    if (place) query.set("after", place);
    return `/api/events?${query}`;
  }

  function message(event) {
    if (event.lastEventId) place = event.lastEventId;
    hear(JSON.parse(event.data));
  }

  return { stop: follow(address, { message }, onState) };
}
