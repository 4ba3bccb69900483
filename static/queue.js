// The list forgets nobody and does not pretend: what changed is asked for with one question at a time and stays owed
// until an answer came, whose presence was last heard of too long ago is asked for again, and when the list could not
// be brought up to date it says so and tries again.

const main = document.getElementById("main");
const stale = document.getElementById("stale");
const base = document.body.dataset.changes;
const MOST = 60;
const AGAIN = 2000;
const owed = new Set();
let after = "";
let asking = false;
let wanted = false;
let answered = false;
let later = 0;
let picked = [];

function shown() {
  return [...document.querySelectorAll("#rows > tr")].map((row) => row.dataset.case).slice(0, MOST);
}

function question(rows) {
  const newer = document.getElementById("newer")?.dataset;
  const before = (newer?.new || "").split(",").filter(Boolean);
  const fresh = [...owed].filter((id) => !rows.includes(id));
  const query = new URLSearchParams({
    after,
    shown: rows.join(","),
    changed: rows.filter((id) => owed.has(id)).join(","),
    new: [...new Set([...before, ...fresh])].slice(-MOST).join(","),
  });
  return base + (base.endsWith("?") ? "" : "&") + query;
}

async function ask() {
  later = 0;
  const rows = shown();
  const asked = question(rows);
  const before = [...owed];
  owed.clear();
  wanted = false;
  asking = true;
  answered = false;
  await htmx.ajax("GET", asked, { source: "#main", swap: "none", target: "#main" }).catch(() => {});
  asking = false;
  // Nobody knows what a question that failed has missed.
  if (!answered) for (const id of [...before, ...rows]) owed.add(id);
  else document.dispatchEvent(new CustomEvent("desk:listed"));
  if (stale) stale.hidden = answered;
  if (owed.size || wanted) soon(answered ? 0 : AGAIN);
}

function soon(wait = 0) {
  if (!asking && base) later ||= setTimeout(ask, wait);
}

document.addEventListener("desk:changed", (event) => {
  for (const id of event.detail.cases) owed.add(id);
  after = event.detail.after;
  wanted = true;
  soon();
});
document.addEventListener("htmx:before:swap", () => {
  picked = [...document.querySelectorAll(".c-pick input:checked")].map((box) => box.id);
});
document.addEventListener("htmx:after:swap", (event) => {
  // A row that is shown anew, because a colleague looks at it, stays chosen.
  for (const box of picked.map((id) => document.getElementById(id)).filter(Boolean)) box.checked = true;
  if (event.target === main && event.detail.ctx.response.status < 400) answered = true;
});

setInterval(() => {
  const now = Date.now();
  const old = [...document.querySelectorAll("[data-present-until]")].filter((each) => Date.parse(each.dataset.presentUntil) <= now);
  for (const each of old) {
    delete each.dataset.presentUntil;
    owed.add(each.closest("tr").dataset.case);
  }
  if (old.length) soon();
}, 5000);
