// The desk's own script: clocks, keys, the live socket and the lease. Every page also works without it.

const phrases = document.getElementById("phrases").dataset;
const body = document.body;
const RING = 57;

// Clocks -------------------------------------------------------------------------------------------------------

function clock(seconds) {
  const two = (n) => String(n).padStart(2, "0");
  if (seconds >= 172800) return phrases.days.replace("%d", Math.floor(seconds / 86400));
  if (seconds >= 3600) {
    const minutes = two(Math.floor((seconds % 3600) / 60));
    return phrases.hours.replace("%(hours)d", Math.floor(seconds / 3600)).replace("%(minutes)s", minutes);
  }
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

function tick() {
  const now = Date.now();
  for (const due of document.querySelectorAll("[data-due]")) {
    const end = Date.parse(due.dataset.due);
    const whole = Math.max(end - Date.parse(due.dataset.start), 1000);
    const left = end - now;
    const text = left < 0 ? phrases.late.replace("%(time)s", clock(Math.floor(-left / 1000))) : clock(Math.floor(left / 1000));
    const shown = due.querySelector("[data-left]");
    if (shown.textContent !== text) shown.textContent = text;
    const full = Math.round(RING * Math.min(Math.max(left / whole, 0), 1));
    due.querySelector(".left").setAttribute("stroke-dasharray", `${full} ${RING}`);
    due.classList.toggle("late", left <= 0);
    due.classList.toggle("soon", left > 0 && left < whole / 5);
  }
  for (const item of document.querySelectorAll("[data-until]")) {
    if (Date.parse(item.dataset.until) <= now) item.remove();
  }
  for (const button of document.querySelectorAll("[data-undo]")) {
    const effective = document.querySelector(".in [data-due]");
    if (effective && Date.parse(effective.dataset.due) <= now && !button.disabled) {
      button.disabled = true;
      look();
    }
  }
}

// Times are the server's until the reader's own zone is known, and that is here.
function localTimes(root) {
  const lang = document.documentElement.lang;
  const reader = navigator.languages.find((each) => each.split("-")[0] === lang) ?? lang;
  const day = { day: "numeric", month: "short" };
  const shapes = { time: { timeStyle: "short" }, "": { ...day, hour: "numeric", minute: "2-digit" } };
  for (const time of root.querySelectorAll("time[data-shape]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime()) || time.dataset.shape === "day") continue;
    time.textContent = new Intl.DateTimeFormat(reader, shapes[time.dataset.shape]).format(at);
    time.title = new Intl.DateTimeFormat(reader, { dateStyle: "full", timeStyle: "long" }).format(at);
  }
}

// Keys ---------------------------------------------------------------------------------------------------------

let selected = null;

function typing(target) {
  return target.isContentEditable || (target.matches("input, textarea, select") && !target.matches("[type=radio], [type=checkbox]"));
}

function select(step) {
  const rows = [...document.querySelectorAll("#rows > tr")];
  if (!rows.length) return;
  const from = rows.findIndex((row) => row.id === selected);
  const to = rows[Math.min(Math.max(from + step, 0), rows.length - 1)];
  document.querySelector("tr.at")?.classList.remove("at");
  to.classList.add("at");
  selected = to.id;
  to.querySelector("a").focus({ preventScroll: true });
  to.scrollIntoView({ block: "nearest" });
}

// What cannot be undone is never done by a single key: the first press only moves to the button.
function arm(button) {
  document.querySelector(".armed")?.classList.remove("armed");
  button.classList.add("armed");
  button.focus();
  document.getElementById("armed").textContent = phrases.armed;
  button.addEventListener("blur", () => button.classList.remove("armed"), { once: true });
}

function use(target) {
  if (!document.dispatchEvent(new CustomEvent("desk:use", { detail: target, cancelable: true }))) return;
  if (target.matches("input[type=radio]")) target.checked = true;
  else if (target.matches("input, textarea, [tabindex]")) target.focus();
  else if (target.dataset.arm !== undefined) arm(target);
  else target.click();
}

function stepSource(step) {
  const sources = [...document.querySelectorAll("[data-source]")];
  const at = sources.indexOf(document.activeElement);
  const source = sources[Math.min(Math.max(at + step, 0), sources.length - 1)];
  source?.focus();
  source?.querySelector("[data-piece]")?.click();
}

// Printed on the buttons are the usual keys; everybody may choose their own, or none.
const chosen = JSON.parse(body.dataset.keys || "{}");
const meant = Object.fromEntries(Object.entries(chosen).map(([usual, own]) => [own, usual]));

function meaning(event) {
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (name.length === 1 && body.dataset.keysOff !== undefined) return "";
  return meant[name] ?? (chosen[name] ? "" : name);
}

function printKeys() {
  for (const key of document.querySelectorAll("kbd:not([data-printed])")) {
    const own = chosen[key.textContent.toLowerCase()];
    key.dataset.printed = "";
    if (own) key.textContent = own.toUpperCase();
  }
  for (const button of document.querySelectorAll("[data-key]")) {
    if (chosen[button.dataset.key]) button.setAttribute("aria-keyshortcuts", chosen[button.dataset.key]);
    if (body.dataset.keysOff !== undefined && button.dataset.key.length === 1) button.removeAttribute("aria-keyshortcuts");
  }
}

const keys = {
  j: () => select(1),
  k: () => select(-1),
  "[": () => stepSource(-1),
  "]": () => stepSource(1),
  e: () => document.querySelector(".card :is(input, textarea, select):not([type=radio]):enabled")?.focus(),
  // From the list: the case opens with the panel that takes its conversation over.
  t: () => {
    const row = document.querySelector("#rows > tr.at a[href]");
    if (row) location.assign(`${row.href}${row.search ? "&" : "?"}do=take-over`);
  },
  d: () => document.querySelector(".diff")?.scrollIntoView({ block: "center" }),
};

document.addEventListener("keydown", (event) => {
  const open = document.querySelector(":popover-open");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const panel = open ?? event.target.closest?.(".sheet");
    // What was chosen by a key and waits for its second press is what is meant, not the approval beside it.
    const chosen = document.querySelector(".bar button.armed") ?? document.querySelector(".bar button.go");
    const go = panel?.querySelector("button.go, button.no") ?? chosen;
    if (go && !go.disabled) {
      event.preventDefault();
      if (go.dataset.arm !== undefined && document.activeElement !== go) arm(go);
      else go.click();
    }
    return;
  }
  if (event.key === "Escape" && event.target.matches(".help")) return event.target.blur();
  if (event.key === "Escape" && typing(event.target) && !open) return event.target.blur();
  if (open || typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Enter" && event.target !== body && event.target.id !== "main") return;
  const name = meaning(event);
  const target = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === name && !each.matches(":disabled"));
  if (!target && !keys[name]) return;
  event.preventDefault();
  if (target) use(target);
  else keys[name]();
});

// Typed work is not lost by accident -------------------------------------------------------------------------------

let typed = false;
const ruling = document.getElementById("ruling");
document.addEventListener("input", (event) => {
  if (event.target.form === ruling && ruling) typed = true;
});
document.addEventListener("submit", (event) => {
  if (event.target === ruling) typed = false;
});
addEventListener("beforeunload", (event) => {
  if (typed) event.preventDefault();
});

// How long somebody looked before they acted, and before they opened the evidence, is recorded with the decision ------

function note(name) {
  const field = ruling?.elements[name];
  if (field && !field.value) field.value = Math.round(performance.now());
}
for (const name of ["keydown", "pointerdown"]) {
  document.addEventListener(name, (event) => {
    note("first_after");
    if (event.target.closest?.(".talk, .claims, .exact")) note("evidence_after");
  }, { passive: true });
}
for (const name of ["toggle", "focusin", "scroll"]) {
  document.addEventListener(name, (event) => {
    if (event.isTrusted && event.target.closest?.(".talk, .claims, .exact") && ruling?.elements.first_after?.value) note("evidence_after");
  }, { passive: true, capture: true });
}

// The lease is renewed while somebody is there -----------------------------------------------------------------------

const IDLE = 5 * 60 * 1000;
let active = Date.now();
for (const name of ["keydown", "pointerdown", "pointermove", "scroll"]) {
  addEventListener(name, () => (active = Date.now()), { passive: true, capture: true });
}
document.addEventListener("htmx:before:request", (event) => {
  if (event.target.id === "lease" && Date.now() - active > IDLE) event.preventDefault();
});
document.addEventListener("htmx:after:swap", printKeys);
document.addEventListener("htmx:after:swap", () => {
  if (document.getElementById("draft")?.dataset.saved !== undefined) typed = false;
  localTimes(document);
});

// Live: the socket whispers which case changed; what changed is fetched under the same rights as the page --------------

const changed = new Set();
const state = document.getElementById("live-state");
let seq = Number(body.dataset.seq || 0);
let wait = 500;
let polling = 0;
let looking = 0;

function showState(live) {
  if (!state) return;
  state.hidden = false;
  state.classList.toggle("lost", !live);
  state.textContent = live ? phrases.live : phrases.lost;
}

function look() {
  looking ||= setTimeout(fetchChanges, 60);
}

function fetchChanges() {
  looking = 0;
  if (body.dataset.case) return htmx.trigger("#news", "changed");
  if (document.getElementById("monitor-now")) return htmx.trigger("#monitor-now", "changed");
  document.dispatchEvent(new CustomEvent("desk:changed", { detail: { cases: [...changed], after: polling ? seq : "" } }));
  changed.clear();
}

// A list was brought up to date.
document.addEventListener("desk:listed", () => {
  seq = Math.max(seq, Number(document.getElementById("newer")?.dataset.seq || 0));
  if (selected) document.getElementById(selected)?.classList.add("at");
});

function whispered(text) {
  for (const line of text.split("\n").filter(Boolean)) {
    const whisper = JSON.parse(line);
    if (whisper.seq > seq) seq = whisper.seq;
    if (whisper.stream === "desk") {
      for (const part of ["#desk-state", "#monitor-now"]) if (document.querySelector(part)) htmx.trigger(part, "changed");
    }
    if (!whisper.case) continue;
    if (body.dataset.case) htmx.trigger("#nav-lanes", "changed");
    if (body.dataset.case && whisper.case !== body.dataset.case) continue;
    changed.add(whisper.case);
    look();
  }
}

function connect() {
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws/live?after=${seq}`);
  socket.addEventListener("open", () => {
    wait = 500;
    clearInterval(polling);
    polling = 0;
    showState(true);
  });
  socket.addEventListener("message", (event) => whispered(event.data));
  socket.addEventListener("close", (event) => {
    if (event.code === 4401 || event.code === 4403) return location.reload();
    showState(false);
    polling ||= setInterval(look, 2500);
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, 1500);
  });
}

// Whoever speaks with a customer sees the newest message.
const newest = () => document.querySelector("[role=log] > :last-child")?.scrollIntoView({ block: "nearest" });
document.addEventListener("htmx:after:swap", (event) => {
  if (event.target?.id === "messages" || event.detail?.target?.id === "messages") newest();
});
newest();
// On a phone the navigation is one line that scrolls: where one is must not lie behind its edge.
const nav = document.querySelector(".nav");
const here = nav?.querySelector(":scope > .places [aria-current]")?.getBoundingClientRect();
if (here) nav.scrollLeft += here.left - (nav.clientWidth - here.width) / 2;
document.addEventListener("desk:arm", (event) => arm(event.detail));
printKeys();
tick();
setInterval(tick, 1000);
localTimes(document);
document.getElementById("refusal")?.focus();
if (body.dataset.live !== undefined) connect();
