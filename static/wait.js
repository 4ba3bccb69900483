// The customer's page: a whisper on the socket, then the part that changes is fetched anew. Without it the page polls.

let wait = 1000;
let owed = false;

function times() {
  const shape = new Intl.DateTimeFormat(document.documentElement.lang, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
  for (const time of document.querySelectorAll("time[data-shape]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.textContent = shape.format(at);
  }
}

// An answer takes the place of the part that asked, and with it goes whatever that part was still going to ask.
function changed() {
  owed ||= document.querySelector("#status.htmx-request") !== null;
  htmx.trigger("#status", "changed");
}

function swapped() {
  times();
  if (!owed) return;
  owed = false;
  htmx.trigger("#status", "changed");
}

function connect() {
  const path = document.getElementById("status")?.dataset.socket;
  if (!path) return;
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}${path}`);
  socket.addEventListener("open", () => (wait = 1000));
  socket.addEventListener("message", changed);
  socket.addEventListener("close", () => {
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, 60000);
  });
}

document.addEventListener("htmx:after:swap", swapped);
times();
connect();
