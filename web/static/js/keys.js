// A few keys: / searches, n asks, j and k walk through a list, Enter opens.
import { $, $$ } from "./dom.js";

let at = -1;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
  if (event.key === "/") {
    const field = $(".hello-form input, main input[type=search]") ?? $("#top-q");
    event.preventDefault();
    (field?.offsetParent ? field : $("#top-q")).focus();
  } else if (event.key === "n") {
    location.href = "/ask";
  } else if (event.key === "j" || event.key === "k") {
    const rows = $$("[data-list] > .thread");
    if (!rows.length) return;
    at = Math.max(0, Math.min(rows.length - 1, at + (event.key === "j" ? 1 : -1)));
    rows.forEach((row, i) => row.classList.toggle("is-at", i === at));
    $(".thread-title a", rows[at])?.focus({ preventScroll: true });
    rows[at].scrollIntoView({ block: "nearest" });
  }
});
