// The door: a code is asked of the server; without a network it is checked here, kept, and told later. Nothing is lost by a reload.
import { isSigned, read, tidy } from "./ticket-code.js";

const page = document.getElementById("door");
const show = Number(page.dataset.show), api = `/api/shows/${show}`, shelf = `door:${show}`;
const field = document.getElementById("code"), door = document.getElementById("door-name"), result = document.getElementById("result");
const line = document.getElementById("line"), troubles = document.getElementById("troubles"), counts = document.getElementById("counts");
const kept = { list: null, queue: [], doubles: [], ...JSON.parse(localStorage.getItem(shelf) || "{}") };
const token = document.querySelector("input[name=csrfmiddlewaretoken]").value;
let busy = Promise.resolve(), syncing = false;

const keep = () => localStorage.setItem(shelf, JSON.stringify(kept));
const clock = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });

async function call(path, body) {
  const options = body && { method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": token }, body: JSON.stringify(body) };
  const said = await fetch(api + path, { ...options, signal: AbortSignal.timeout(6000) });
  if (said.status >= 500) throw new TypeError("the server is away");
  if (!said.ok) throw new Error((await said.json()).detail ?? "The server refused it.");
  return said.json();
}

async function check(code) {
  const scan = { code, reference: crypto.randomUUID(), at: new Date().toISOString(), door: door.value };
  if (!kept.queue.length && navigator.onLine) {
    try { return note(await call("/entries", scan)); } catch (away) {
      if (!isAway(away)) return { outcome: "refused", code: "failed", message: away.message };
    }
  }
  return alone(scan);
}

// A time limit and a line that breaks are both no network; what the server says in words is not.
const isAway = (error) => error instanceof TypeError || error.name === "TimeoutError" || error.name === "AbortError";

function note(answer) {
  const known = answer.ticket && kept.list?.tickets[answer.ticket];
  if (known && answer.outcome === "entered") { known.enteredAt = answer.at; keep(); }
  return answer;
}

async function alone(scan) {
  if (!kept.list) return { outcome: "refused", code: "no_list", message: "There is no network, and no list was loaded here before." };
  const found = await ticketOf(scan.code);
  if (found.message) return { outcome: "refused", ...found };
  const known = kept.list.tickets[found.ticket];
  const who = { where: known?.where ?? "", name: known?.name ?? "", beside: known?.beside ?? "" };
  if (known?.void) return { outcome: "refused", code: "void", message: "This ticket is void.", ...who };
  if (known?.enteredAt) return { outcome: "refused", code: "used", message: `Someone came in with it at ${clock(known.enteredAt)}.`, ...who };
  if (!known && !found.proven) return { outcome: "refused", code: "not_a_ticket", message: "This ticket is not on the list.", ...who };
  kept.list.tickets[found.ticket] = { ...(known ?? { short: "", where: "", name: "", void: false }), enteredAt: scan.at };
  kept.queue.push(scan);
  keep();
  return { outcome: "entered", code: "alone", message: known ? "Come in." : "Come in. Sold after the list was loaded; the signature is good.", ...who };
}

async function ticketOf(code) {
  if (isSigned(code)) {
    const claim = await read(code, kept.list.keys);
    if (!claim) return { code: "not_a_ticket", message: "This is no ticket's code." };
    return claim.show === show ? claim : { code: "wrong_show", message: "This ticket is for another show." };
  }
  const word = tidy(code);
  const found = Object.entries(kept.list.tickets).filter(([, ticket]) => ticket.short === word);
  return found.length === 1 ? { ticket: found[0][0], proven: false } : { code: "not_a_ticket", message: "This show has no such ticket." };
}

function tell(answer) {
  const good = answer.outcome === "entered";
  result.className = `result ${good ? "good" : "bad"}`;
  result.querySelector(".sign").textContent = good ? "✓" : "✕";
  result.querySelector(".what").textContent = good ? answer.message : `Stop. ${answer.message}`;
  result.querySelector(".holder").textContent = [answer.where, answer.name, good && answer.beside && `with ${answer.beside}`].filter(Boolean).join(" · ");
  navigator.vibrate?.(good ? 60 : [120, 80, 120]);
}

async function sync() {
  if (syncing || !navigator.onLine) return;
  syncing = true;
  try {
    while (kept.queue.length) {
      const sent = kept.queue.slice(0, 200);
      const answers = await call("/entries/sync", { entries: sent });
      kept.doubles.push(...answers.filter((answer) => answer.outcome !== "entered"));
      kept.queue.splice(0, sent.length);
      keep();
    }
    const fresh = await call("/door");
    if (!kept.queue.length) { kept.list = fresh; keep(); }
  } catch { /* no network, or none that lasts: the next time */ } finally { syncing = false; paint(); }
}

function paint() {
  const tickets = Object.values(kept.list?.tickets ?? {}).filter((ticket) => !ticket.void);
  counts.textContent = kept.list ? `${tickets.filter((ticket) => ticket.enteredAt).length} of ${tickets.length} are in.` : "The list is being loaded.";
  const waiting = kept.queue.length ? ` ${kept.queue.length} to be told later.` : "";
  line.textContent = (navigator.onLine ? "Connected." : "No network: codes are checked here.") + waiting;
  line.className = navigator.onLine && !kept.queue.length ? "state succeeded" : "state running";
  troubles.hidden = !kept.doubles.length;
  troubles.querySelector("ul").replaceChildren(...kept.doubles.map((double) => {
    const item = document.createElement("li");
    item.textContent = [double.where, double.name, double.message].filter(Boolean).join(" · ");
    return item;
  }));
}

document.getElementById("scan").addEventListener("submit", (event) => {
  event.preventDefault();
  const code = field.value.trim();
  field.value = "";
  if (code) busy = busy.then(() => check(code)).then(tell).then(paint);
  field.focus();
});
document.getElementById("seen").addEventListener("click", () => { kept.doubles = []; keep(); paint(); });
door.value = localStorage.getItem("door-name") ?? door.value;
door.addEventListener("change", () => localStorage.setItem("door-name", door.value));
addEventListener("online", sync);
addEventListener("offline", paint);
setInterval(sync, 10_000);

if ("BarcodeDetector" in window) watch(document.getElementById("camera"));

async function watch(button) {
  if (!(await BarcodeDetector.getSupportedFormats().catch(() => [])).includes("qr_code")) return;
  const video = document.getElementById("video"), detector = new BarcodeDetector({ formats: ["qr_code"] });
  let last = "", until = 0;
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (video.srcObject) { video.srcObject.getTracks().forEach((track) => track.stop()); video.srcObject = null; video.hidden = true; return; }
    try { video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }); } catch {
      return tell({ outcome: "refused", message: "The camera can't be used here. Type the code, or use a scanner." });
    }
    video.hidden = false;
    await video.play();
    while (video.srcObject) {
      for (const { rawValue } of await detector.detect(video).catch(() => [])) {
        if (rawValue === last && Date.now() < until) continue;
        [last, until] = [rawValue, Date.now() + 4000];
        busy = busy.then(() => check(rawValue)).then(tell).then(paint);
      }
      await new Promise((next) => setTimeout(next, 150));
    }
  });
}

if ("serviceWorker" in navigator) {
  await navigator.serviceWorker.register(page.dataset.worker, { scope: "/shows/" }).catch(() => null);
  const ready = await navigator.serviceWorker.ready;
  const parts = [...document.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src], img[src]")].map((part) => part.href || part.src);
  ready.active?.postMessage([location.href, ...new Set(parts), new URL("./ticket-code.js", import.meta.url).href]);
}
await sync();
paint();
page.dataset.ready = "yes";
