// Passkeys: the browser asks its owner, the form carries the answer. Loaded only where a passkey is made or used.

// A passkey belongs to a name; an address of numbers has none.
const usable = Boolean(window.PublicKeyCredential) && !/^[\d.]+$|^\[/.test(location.hostname);

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function known(list) {
  return (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));
}

function told(credential) {
  const { response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const given = parts.filter((name) => response[name]).map((name) => [name, text(response[name])]);
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: Object.fromEntries(given),
  });
}

async function options(form) {
  if (!form.dataset.from) return Object.values(JSON.parse(document.getElementById(form.dataset.options).textContent))[0].publicKey;
  const answer = await fetch(form.dataset.from, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()).request_options.publicKey;
}

async function made(form) {
  const wanted = await options(form);
  wanted.challenge = bytes(wanted.challenge);
  wanted.user.id = bytes(wanted.user.id);
  wanted.excludeCredentials = known(wanted.excludeCredentials);
  return navigator.credentials.create({ publicKey: wanted });
}

async function shown(form) {
  const wanted = await options(form);
  wanted.challenge = bytes(wanted.challenge);
  wanted.allowCredentials = known(wanted.allowCredentials);
  return navigator.credentials.get({ publicKey: wanted });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.hidden = !usable;
  const fault = form.querySelector("[data-fault]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    fault.hidden = true;
    try {
      const credential = await (form.dataset.passkey === "create" ? made(form) : shown(form));
      form.elements.credential.value = told(credential);
      form.submit();
    } catch {
      // The owner said no, waited too long, or has no passkey here: the page stays as it is.
      fault.hidden = false;
    }
  });
}
for (const note of document.querySelectorAll("[data-no-passkeys]")) note.hidden = usable;
