// The community's search within another site's page. It has no cookies there;
// who does not mind is recognized for 30 days on that site alone.
const form = document.querySelector("form");
const box = document.querySelector("[data-found]");
const status = document.querySelector("[role=status]");
const key = "selfie-visitor";
const shy = navigator.globalPrivacyControl || navigator.doNotTrack === "1";
let visitor = shy ? "" : recall();
let attempt = "";
let asked = "";
let timer, running;

function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "null");
    if (kept?.until > Date.now()) return kept.id;
    localStorage.removeItem(key);
  } catch { /* without storage there is only this visit */ }
  return "";
}

function remember(id, days) {
  visitor = id;
  try {
    localStorage.setItem(key, JSON.stringify({ id, until: Date.now() + days * 864e5 }));
  } catch { /* as above */ }
}

async function send(path, fields, signal) {
  const body = new URLSearchParams({ visitor, attempt, ...fields });
  const answer = await fetch(path, { method: "POST", body, signal, credentials: "omit", headers: { Accept: "application/json" } });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail ?? "Something went wrong.");
  return said;
}

async function look() {
  const q = form.elements.q.value.trim();
  if (q === asked) return;
  asked = q;
  running?.abort();
  if (q.length < 3) {
    box.replaceChildren();
    status.textContent = "";
    return;
  }
  running = new AbortController();
  try {
    const said = await send("/widget/look", { q, space: form.elements.space.value }, running.signal);
    attempt = said.attempt ?? "";
    if (said.visitor && !shy) remember(said.visitor, said.days);
    box.innerHTML = said.html; // written by the community's own templates
    status.textContent = said.count ? (said.count === 1 ? "1 answer found" : `${said.count} answers found`) : "Nothing found yet";
    dress();
  } catch (problem) {
    if (problem.name !== "AbortError") status.textContent = problem.message;
  }
}

// What leads to the community knows what was typed, and by whom.
function dress() {
  for (const f of document.querySelectorAll("form[action='/widget/go']")) {
    Object.assign(f.elements.visitor, { value: visitor });
    f.elements.attempt.value = attempt;
    f.elements.title.value = form.elements.q.value;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  look();
});
form.elements.q.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, 300);
  dress();
});

box.addEventListener("toggle", (event) => {
  const thread = event.target.dataset.thread;
  if (event.target.open && thread && attempt) send("/widget/act", { act: "opened", thread }).catch(() => {});
}, true);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-act]");
  if (!button || button.disabled) return;
  button.disabled = true;
  try {
    const said = await send("/widget/act", { act: button.dataset.act, thread: button.dataset.thread, answer: button.dataset.answer ?? "" });
    const part = button.closest("details") ?? box;
    (part.querySelector("[data-said]") ?? part).innerHTML = said.html;
    status.textContent = said.says;
    part.querySelector("[data-said] button")?.focus();
  } catch (problem) {
    status.textContent = problem.message;
    button.disabled = false;
  }
});

new ResizeObserver(() => parent.postMessage({ selfieHeight: Math.ceil(document.documentElement.getBoundingClientRect().height) }, "*")).observe(document.documentElement);
if (form.elements.q.value) look();
dress();
