// Menus, dialogs, the colours, sharing.
import { $, $$, grow, toast } from "./dom.js";

// One menu at a time; Escape and a click elsewhere close it.
document.addEventListener("click", (event) => {
  for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of $$("details.menu[open]")) {
    menu.open = false;
    $("summary", menu).focus();
  }
});

// The tab that one is on stands in view, however many there are beside it.
for (const tabs of $$(".tabs")) {
  const on = $("[aria-current]", tabs)?.getBoundingClientRect();
  const box = tabs.getBoundingClientRect();
  if (on) tabs.scrollLeft += on.left - box.left - (box.width - on.width) / 2;
}

/** Asks to be sure, with a reason where one is wanted. null means no. */
export function ask(question, reasonLabel, yes = "Yes") {
  const box = document.createElement("dialog");
  const form = Object.assign(document.createElement("form"), { method: "dialog" });
  const title = Object.assign(document.createElement("h2"), { textContent: question, id: "dialog-title" });
  box.setAttribute("aria-labelledby", "dialog-title");
  form.append(title);
  let reason;
  if (reasonLabel) {
    const field = Object.assign(document.createElement("div"), { className: "field" });
    const label = Object.assign(document.createElement("label"), { htmlFor: "dialog-reason", textContent: reasonLabel });
    reason = Object.assign(document.createElement("input"), { id: "dialog-reason", maxLength: 300 });
    field.append(label, reason);
    form.append(field);
  }
  const buttons = Object.assign(document.createElement("p"), { className: "buttons" });
  const no = Object.assign(document.createElement("button"), { className: "button plain", value: "no", textContent: "Cancel", formNoValidate: true });
  const ok = Object.assign(document.createElement("button"), { className: "button", value: "yes", textContent: yes || "Yes" });
  buttons.append(no, ok);
  form.append(buttons);
  box.append(form);
  document.body.append(box);
  box.showModal();
  (reason ?? ok).focus();
  return new Promise((resolve) => {
    box.addEventListener("close", () => {
      resolve(box.returnValue === "yes" ? reason?.value ?? "" : null);
      box.remove();
    });
  });
}

// Guests choose their colours here; members in their settings.
const toggle = $("[data-theme-toggle]");
if (toggle) {
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* not kept, then */ }
  });
}

document.addEventListener("click", async (event) => {
  const share = event.target.closest("[data-share]");
  if (share) {
    event.preventDefault();
    try {
      if (navigator.share && matchMedia("(pointer: coarse)").matches) await navigator.share({ title: document.title, url: share.href });
      else {
        await navigator.clipboard.writeText(share.href);
        toast("The link is copied.");
      }
    } catch { /* they thought better of it */ }
  }
});

const eye = '<svg class="i" viewBox="0 0 24 24" aria-hidden="true"><path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.500 12 2.500 12z"/><circle cx="12" cy="12" r="3"/></svg>';

document.addEventListener("input", (event) => { if (event.target.matches?.("textarea[data-grow]")) grow(event.target); });
for (const area of $$("textarea[data-grow]")) if (area.value) grow(area);

// Show what is typed into a password field.
for (const wrap of $$(".reveal")) {
  const input = $("input", wrap);
  const button = Object.assign(document.createElement("button"), { type: "button" });
  button.innerHTML = eye;
  const label = () => button.setAttribute("aria-label", input.type === "password" ? "Show the password" : "Hide the password");
  button.addEventListener("click", () => {
    input.type = input.type === "password" ? "text" : "password";
    button.setAttribute("aria-pressed", String(input.type === "text"));
    label();
    input.focus();
  });
  label();
  wrap.append(button);
}

// A form that came back with an error starts there.
$('[aria-invalid="true"]')?.focus({ preventScroll: false });
if (!$('[aria-invalid="true"]')) $("[data-focus]")?.focus();
