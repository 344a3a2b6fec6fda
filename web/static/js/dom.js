// Small helpers that every module uses.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Makes an element. Names with a dash, and role, are attributes; others are properties. */
export function make(tag, props = {}, ...inside) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.includes("-") || name === "role") el.setAttribute(name, value);
    else el[name] = value;
  }
  el.append(...inside);
  return el;
}

/** The token that forms carry; empty for guests, whose forms have one of their own. */
export const token = () => $('meta[name="csrf"]')?.content ?? "";

/** Says something for a moment, on screen and to screen readers. */
export function toast(text, link) {
  const box = $("#toasts");
  const note = document.createElement("div");
  note.className = "toast";
  if (link) {
    const a = document.createElement("a");
    a.href = link;
    a.textContent = text;
    note.append(a);
  } else {
    note.textContent = text;
  }
  box.append(note);
  setTimeout(() => note.remove(), 6000);
}

/** Sends a form's data; resolves to the parsed JSON, or throws a sentence. */
export async function postJSON(url, body) {
  const response = await fetch(url, {
    method: "POST",
    body,
    headers: { Accept: "application/json", ...(token() && { "X-Csrf-Token": token() }) },
    credentials: "same-origin",
  }).catch(() => { throw new Error("There is no connection. What you typed is still here."); });
  const data = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(data.detail || "That did not work. Try again in a moment.");
  return data;
}

export function debounce(wait, run) {
  let timer;
  const later = (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...args), wait);
  };
  later.cancel = () => clearTimeout(timer);
  return later;
}

/** Lets a text grow with what is typed. */
export function grow(area) {
  area.style.height = "auto";
  area.style.height = `${Math.min(area.scrollHeight + 2, innerHeight * 0.7)}px`;
}

/** Puts text where the cursor is, so that undo still works. */
export function insert(area, text) {
  area.focus();
  if (!document.execCommand?.("insertText", false, text)) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
