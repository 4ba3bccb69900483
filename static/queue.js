// The list forgets nobody and does not pretend: whose presence was last heard of too long ago is asked for again, and
// when the list could not be brought up to date it says so and tries again.

const main = document.getElementById("main");
const stale = document.getElementById("stale");
const AGAIN = 4000;
let later = 0;

function shown() {
  return [...document.querySelectorAll("#rows > tr")].map((row) => row.dataset.case);
}

function ask(rows) {
  const base = document.body.dataset.changes;
  if (!base) return;
  const query = new URLSearchParams({
    shown: shown().slice(0, 60).join(","),
    changed: rows.slice(0, 60).join(","),
    new: document.getElementById("newer")?.dataset.new || "",
  });
  htmx.ajax("GET", base + (base.endsWith("?") ? "" : "&") + query, { source: "#main", swap: "none", target: "#main" });
}

function failed(event) {
  if (event.target !== main || !stale) return;
  stale.hidden = false;
  clearTimeout(later);
  later = setTimeout(() => ask(shown()), AGAIN);
}

document.addEventListener("htmx:response:error", failed);
document.addEventListener("htmx:error", failed);
document.addEventListener("htmx:after:swap", (event) => {
  if (event.target !== main || !stale || event.detail.ctx.response.status >= 400) return;
  stale.hidden = true;
  clearTimeout(later);
});

setInterval(() => {
  const now = Date.now();
  const old = [...document.querySelectorAll("[data-present-until]")].filter((each) => Date.parse(each.dataset.presentUntil) <= now);
  for (const each of old) delete each.dataset.presentUntil;
  if (old.length) ask(old.map((each) => each.closest("tr").dataset.case));
}, 5000);
