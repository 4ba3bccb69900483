// The list forgets nobody: when somebody's presence was last heard of too long ago, their row is asked for again.

function ask(rows) {
  const base = document.body.dataset.changes;
  if (!base) return;
  const shown = [...document.querySelectorAll("#rows > tr")].map((row) => row.dataset.case);
  const query = new URLSearchParams({
    shown: shown.slice(0, 60).join(","),
    changed: rows.slice(0, 60).join(","),
    new: document.getElementById("newer")?.dataset.new || "",
  });
  htmx.ajax("GET", base + (base.endsWith("?") ? "" : "&") + query, { source: "#main", swap: "none", target: "#main" });
}

setInterval(() => {
  const now = Date.now();
  const stale = [...document.querySelectorAll("[data-present-until]")].filter((each) => Date.parse(each.dataset.presentUntil) <= now);
  for (const each of stale) delete each.dataset.presentUntil;
  if (stale.length) ask(stale.map((each) => each.closest("tr").dataset.case));
}, 5000);
