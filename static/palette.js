// The command palette (Ctrl or ⌘ K): every verb of the page, every place, and the cases that fit what is typed.

const palette = document.getElementById("palette");
const input = document.getElementById("palette-input");
const list = document.getElementById("palette-list");
const MOST = 9;
let looking = 0;
let asked = 0;

// What stands on a button, without its key and without what only a screen reader is told of it.
function words(element) {
  const copy = element.cloneNode(true);
  for (const key of copy.querySelectorAll("kbd, .num, svg, [role=tooltip]")) key.remove();
  for (const small of copy.querySelectorAll("small")) small.prepend(" · ");
  const text = copy.textContent.trim();
  // An arrow says nothing in a list.
  return ((/\p{L}/u.test(text) && text) || element.getAttribute("aria-label") || "").replace(/\s+/g, " ");
}

function option(name, hint, run, id) {
  const item = document.createElement("li");
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.id = `palette-${id}`;
  const title = item.appendChild(document.createElement("span"));
  title.textContent = name;
  if (hint) item.appendChild(document.createElement("kbd")).textContent = hint;
  item.run = run;
  return item;
}

function verbs() {
  const buttons = [...document.querySelectorAll("main :is(button, a)[data-key]:not(:disabled)")];
  // The way back comes last: what is marked at first is what Enter does.
  buttons.sort((one, other) => (one.dataset.key === "Escape") - (other.dataset.key === "Escape"));
  const hint = (button) => (button.getAttribute("aria-keyshortcuts") || "").replace(/^.$/, (key) => key.toUpperCase());
  return buttons.map((button, n) => option(words(button), hint(button), () => press(button), `verb-${n}`));
}

// What cannot be undone takes one more press here too.
function press(button) {
  if (button.dataset.arm === undefined) button.click();
  else document.dispatchEvent(new CustomEvent("desk:arm", { detail: button }));
}

function places() {
  const links = [...document.querySelectorAll(".nav a, .lanes a, .me a, #cheatsheet a")];
  const seen = new Set();
  return links
    .filter((link) => !seen.has(link.href) && seen.add(link.href))
    .map((link, n) => option(words(link), "", () => location.assign(link.href), `place-${n}`));
}

function fits(item, typed) {
  const text = item.textContent.toLowerCase();
  return typed.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function show() {
  const typed = input.value.trim();
  const known = [...verbs(), ...places()].filter((item) => fits(item, typed));
  const items = known.slice(0, MOST);
  if (typed) {
    const address = `${palette.dataset.queue}?${new URLSearchParams({ q: typed })}`;
    items.push(option(palette.dataset.search.replace("%s", typed), "", () => location.assign(address), "search"));
    clearTimeout(looking);
    looking = setTimeout(() => cases(typed), 120);
  }
  list.replaceChildren(...items);
  mark(list.firstElementChild);
}

async function cases(typed) {
  const mine = ++asked;
  const answer = await fetch(`${palette.dataset.url}?${new URLSearchParams({ q: typed })}`);
  const text = answer.ok ? await answer.text() : "";
  if (mine !== asked || input.value.trim() !== typed) return;
  const parsed = new DOMParser().parseFromString(`<ul>${text}</ul>`, "text/html");
  for (const item of parsed.querySelectorAll("li")) {
    item.run = () => location.assign(item.dataset.go);
    list.append(document.adoptNode(item));
  }
}

function mark(item) {
  for (const other of list.children) other.setAttribute("aria-selected", String(other === item));
  if (!item) return input.removeAttribute("aria-activedescendant");
  input.setAttribute("aria-activedescendant", item.id);
  item.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const items = [...list.children];
  const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  mark(items[(at + by + items.length) % items.length]);
}

function run(item) {
  if (!item) return;
  palette.hidePopover();
  item.run();
}

function open() {
  input.value = "";
  palette.showPopover();
  input.focus();
  show();
}

if (palette) {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (palette.matches(":popover-open")) palette.hidePopover();
      else open();
    }
  });
  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowUp") step(-1);
    else if (event.key === "Enter") run(list.querySelector("[aria-selected=true]"));
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener("click", (event) => run(event.target.closest("li")));
}
