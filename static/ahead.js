// Shows the next case while the desk still records the decision. What is shown cannot be used: the page that follows,
// with the claim in it, takes its place, and so does a refusal.

const ruling = document.getElementById("ruling");
const AGAIN = 30 * 1000;
let next = null;

async function look() {
  if (document.hidden) return;
  const query = new URLSearchParams({ lane: new FormData(ruling).get("lane") || "" });
  const answer = await fetch(`${ruling.dataset.ahead}?${query}`).catch(() => null);
  if (answer?.status !== 200) return (next = null);
  next = only(new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main"));
  ruling.dataset.looked = "";
}

// Its looks alone: nothing in it asks, runs, or is found by name.
function only(main) {
  for (const part of main.querySelectorAll("script, .toasts, .undo-bar, [popover]")) part.remove();
  for (const part of main.querySelectorAll("*")) {
    for (const { name } of [...part.attributes]) if (/^hx-|^data-(key|case|undo)|^name$|^form/.test(name)) part.removeAttribute(name);
  }
  return main;
}

function show() {
  const main = document.getElementById("main");
  main.inert = true;
  main.setAttribute("aria-busy", "true");
  main.replaceChildren(...next.childNodes);
  main.dataset.ahead = "";
}

if (ruling?.dataset.ahead) {
  look();
  setInterval(look, AGAIN);
  ruling.addEventListener("submit", (event) => {
    const decides = event.submitter?.name === "verdict" && ["approve", "reject"].includes(event.submitter.value);
    // After the browser has collected what the form sends.
    if (next && decides && !event.defaultPrevented) setTimeout(show, 0);
  });
}
