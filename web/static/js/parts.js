// Brings parts of the page up to date: elements marked data-part are exchanged
// for their new selves, keeping the focus and whatever is being typed.
import { $, $$ } from "./dom.js";

const typing = (el) => $$("textarea", el).some((t) => t.value.trim() && t.value !== t.defaultValue);

/** Exchanges one part. A part in which someone is typing waits. */
export function exchange(old, fresh) {
  if (typing(old)) return false;
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const open = $$("details[open]", old).map((d) => $("textarea", d)?.id).filter(Boolean);
  old.replaceWith(fresh);
  for (const id of open) $(`#${CSS.escape(id)}`, fresh)?.closest("details")?.setAttribute("open", "");
  if (focused) $(`#${CSS.escape(focused)}`, fresh)?.focus({ preventScroll: true });
  return true;
}

export function parse(html) {
  const box = document.createElement("template");
  box.innerHTML = html;
  return box.content.firstElementChild;
}

/** Takes the parts that differ, and new answers, from another copy of the page. */
export function adopt(page) {
  const fresh = [];
  for (const part of $$("[data-part]", page)) {
    const here = document.getElementById(part.id);
    if (!here) {
      if (part.closest("[data-answers]")) fresh.push(add(part));
      continue;
    }
    if (here.dataset.key !== part.dataset.key) exchange(here, document.importNode(part, true));
  }
  const title = $("#answers-title", page);
  if (title && $("#answers-title")) $("#answers-title").textContent = title.textContent;
  return fresh;
}

/** Adds an answer that was not on the page. */
export function add(part) {
  const list = $("[data-answers]");
  if (!list) return null;
  const node = document.importNode(part, true);
  node.classList.add("is-new");
  list.append(node);
  $("[data-none]")?.remove();
  return node;
}

/** Loads a page of this site and returns it parsed. */
export async function load(url, options) {
  const response = await fetch(url, { credentials: "same-origin", ...options });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return { response, page };
}
