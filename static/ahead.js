// Shows the next case while the desk still records the decision. What is shown cannot be used: the page that follows,
// with the claim in it, takes its place, and so does a refusal.

{
  const { ahead } = document.currentScript.dataset;
  const AGAIN = 30 * 1000;
  let next = look();

  async function look() {
    const answer = await fetch(ahead, { redirect: "error" }).catch(() => null);
    if (answer?.status !== 200) return null;
    return only(new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main"));
  }

  // Its looks alone: nothing in it asks, runs, or is found by name.
  function only(main) {
    for (const part of main.querySelectorAll("script, .toasts, .undo-bar, [popover]")) part.remove();
    for (const part of main.querySelectorAll("*")) {
      for (const { name } of [...part.attributes]) if (/^hx-|^data-(key|case|undo)|^name$|^form/.test(name)) part.removeAttribute(name);
    }
    return main;
  }

  // Who decides before it has come sees it as soon as it has.
  async function show() {
    const found = await next;
    const main = document.getElementById("main");
    if (!found || main.dataset.ahead !== undefined) return;
    main.inert = true;
    main.setAttribute("aria-busy", "true");
    main.replaceChildren(...found.childNodes);
    main.dataset.ahead = "";
  }

  async function begin() {
    const ruling = document.getElementById("ruling");
    setInterval(async () => {
      if (document.hidden) return;
      const found = await look();
      next = found;
    }, AGAIN);
    ruling.addEventListener("submit", (event) => {
      const decides = event.submitter?.name === "verdict" && ["approve", "reject"].includes(event.submitter.value);
      // After the browser has collected what the form sends.
      if (decides && !event.defaultPrevented) setTimeout(show, 0);
    });
    if (await next) ruling.dataset.looked = "";
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
  else begin();
}
