// Tells colleagues what its reader does at this case: looking, editing, away, gone. Nothing of what is typed.

const form = document.getElementById("presence");
const field = form.elements.doing;
const ruling = document.getElementById("ruling");
const AWAY = 2 * 60 * 1000;
const EDITING = 60 * 1000;
let moved = Date.now();
let typed = 0;

for (const name of ["keydown", "pointerdown", "pointermove", "scroll"]) {
  addEventListener(name, () => (moved = Date.now()), { passive: true, capture: true });
}
document.addEventListener("input", (event) => {
  if (ruling && event.target.form === ruling) typed = Date.now();
});

function doing() {
  const now = Date.now();
  if (document.hidden || now - moved > AWAY) return "idle";
  return now - typed < EDITING ? "editing" : "viewing";
}

function tell(always) {
  const before = field.value;
  field.value = doing();
  if (always || field.value !== before) htmx.trigger(form, "doing");
}

// The news of the case are asked for when it changed, and that somebody came or left is such a change.
document.getElementById("news")?.addEventListener("changed", () => htmx.trigger(form, "changed"));
addEventListener("pagehide", () => {
  const said = new FormData(form);
  said.set("doing", "left");
  navigator.sendBeacon(form.getAttribute("hx-post"), said);
});
// The first word is htmx's own, on load; a page that comes back from the browser's memory is not loaded again.
addEventListener("pageshow", (event) => event.persisted && tell(true));
setInterval(() => tell(false), 1000);
