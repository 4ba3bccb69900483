// The customer's page: a whisper on the socket, then the part that changes is fetched anew. Without it the page polls.

let wait = 1000;

function times() {
  const shape = new Intl.DateTimeFormat(document.documentElement.lang, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
  for (const time of document.querySelectorAll("time[data-shape]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.textContent = shape.format(at);
  }
}

function connect() {
  const path = document.getElementById("status")?.dataset.socket;
  if (!path) return;
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}${path}`);
  socket.addEventListener("open", () => (wait = 1000));
  socket.addEventListener("message", () => htmx.trigger("#status", "changed"));
  socket.addEventListener("close", () => {
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, 60000);
  });
}

document.addEventListener("htmx:after:swap", times);
times();
connect();
