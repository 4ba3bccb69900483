// A person really looks before they approve: what was on the screen is noted, what must be opened comes first, and how
// long they have read is shown to them. The desk checks the same when the form arrives.

const ruling = document.getElementById("ruling");
const phrases = document.getElementById("phrases").dataset;
const READ = 1500;
const weighty = ruling?.dataset.weighty !== undefined;
let opened = "";

function say(text) {
  document.getElementById("armed").textContent = text;
}

// Every action that waits has been on the screen.
const actions = new Set(document.querySelectorAll(".card .does"));
const onScreen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) seen(target);
}, { threshold: 0.6 });

function seen(shown) {
  actions.delete(shown.closest(".does"));
  onScreen.unobserve(shown);
  if (!actions.size && !ruling.elements.action_after.value) ruling.elements.action_after.value = Math.round(performance.now());
}

// A piece taller than the screen counts once its head is there: its headline says what it does.
function watch(action) {
  onScreen.observe(action.offsetHeight > innerHeight / 2 ? action.querySelector(".headline") : action);
}

// The message that matters was on the screen for as long as it takes to read a line.
let reading = 0;
const conversation = new IntersectionObserver(([entry]) => {
  clearTimeout(reading);
  if (entry.isIntersecting && !document.hidden) reading = setTimeout(read, READ);
}, { threshold: 0.5 });

function read() {
  document.querySelector("button[data-piece^=conversation]")?.click();
  conversation.disconnect();
}

// The server says what is edited, a moment later than somebody quick has typed it.
function edited() {
  const fields = ruling.querySelectorAll(".card :is(input:not([type=radio], [type=checkbox]), textarea)");
  return document.querySelector("#go-label[data-edited]") || [...fields].some((each) => each.value !== each.defaultValue);
}

// Nothing to open and nothing unseen: then, and only then, does approving go on.
function ready(button) {
  if (button.name !== "verdict" || button.value !== "approve") return true;
  const unread = document.getElementById("unread")?.dataset.unread?.trim().split(" ")[0];
  if (unread) {
    const piece = document.querySelector(`[data-piece="${unread}"]`);
    piece?.focus();
    piece?.scrollIntoView({ block: "center" });
    say(phrases.first);
    return false;
  }
  if (weighty && !ruling.elements.action_after.value) {
    const [action] = actions;
    action?.scrollIntoView({ block: "start" });
    say(phrases.look);
    return false;
  }
  const grounds = [...ruling.querySelectorAll("input[name=ground]")];
  const alone = edited() || ruling.querySelector("[name$='-type']:checked:not([value=''])");
  if (grounds.length && !alone && !grounds.some((each) => each.checked)) {
    grounds[0].focus();
    say(phrases.ground);
    return false;
  }
  return true;
}

// How long this page has been looked at, while it is in front.
const meter = document.querySelector("#reading meter");
let looked = 0;
function count() {
  // Gone with the page, when the next case is shown ahead.
  if (document.hidden || !meter?.isConnected) return;
  looked += 1;
  meter.value = looked;
  const shown = document.querySelector("[data-read]");
  shown.textContent = `${Math.floor(looked / 60)}:${String(looked % 60).padStart(2, "0")} / `;
}

// Not where somebody writes to the customer instead of deciding.
if (ruling?.elements.scripted) {
  document.addEventListener("desk:use", (event) => ready(event.detail) || event.preventDefault());
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button");
    if (!button) return;
    if (button.dataset.piece) opened = button.dataset.piece;
    if (!ready(button)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);
  document.addEventListener("htmx:after:swap", () => {
    const piece = opened && document.getElementById(opened);
    if (piece && !piece.querySelector("[data-piece]")) {
      opened = "";
      piece.focus({ preventScroll: true });
      piece.scrollIntoView({ block: "nearest" });
    }
  });
  ruling.elements.scripted.value = "1";
  for (const action of actions) watch(action);
  const message = document.querySelector(".msg.trig") ?? document.querySelector(".msg.newest") ?? document.querySelector(".msg");
  if (message && document.querySelector("button[data-piece^=conversation]")) conversation.observe(message);
  setInterval(count, 1000);
}
