// The editor: a plain textarea of Markdown with a toolbar, a preview and
// screenshots that are pasted, dropped or picked.
import { $, $$, insert, postJSON, toast } from "../dom.js";
import { pictures } from "./pictures.js";

const wraps = { bold: ["**", "**", "bold"], italic: ["*", "*", "italic"], code: ["`", "`", "code"] };

for (const root of $$("[data-editor]")) editor(root);

function editor(root) {
  const area = $("textarea", root);
  const bar = $("[data-bar]", root);
  bar.hidden = false;
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.md) format(area, button.dataset.md);
  });
  area.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const kind = { b: "bold", i: "italic", k: "link", e: "code" }[event.key.toLowerCase()];
    if (kind) {
      event.preventDefault();
      format(area, kind);
    } else if (event.key === "Enter") {
      event.preventDefault();
      area.form.requestSubmit();
    }
  });
  preview(root, area);
  pictures(root, area);
}

function format(area, kind) {
  const chosen = area.value.slice(area.selectionStart, area.selectionEnd);
  if (kind === "code" && chosen.includes("\n")) return insert(area, "```\n" + chosen + "\n```");
  if (wraps[kind]) {
    const [before, after, word] = wraps[kind];
    const start = area.selectionStart + before.length;
    insert(area, before + (chosen || word) + after);
    if (!chosen) area.setSelectionRange(start, start + word.length);
    return;
  }
  if (kind === "link") {
    const isURL = /^https?:\/\/\S+$/.test(chosen);
    const start = area.selectionStart;
    insert(area, isURL ? `[link text](${chosen})` : `[${chosen || "link text"}](https://)`);
    if (isURL) area.setSelectionRange(start + 1, start + 10);
    else area.setSelectionRange(area.selectionEnd - 1, area.selectionEnd - 1);
    return;
  }
  const mark = kind === "quote" ? "> " : "- ";
  insert(area, (chosen || "").split("\n").map((l) => mark + l).join("\n"));
}

function preview(root, area) {
  const button = $("[data-preview]", root);
  const pane = $("[data-preview-pane]", root);
  button.addEventListener("click", async () => {
    const showing = button.getAttribute("aria-pressed") === "true";
    if (showing) return show(false);
    const body = new FormData();
    body.set("body", area.value);
    try {
      const { html } = await postJSON("/preview", body);
      pane.innerHTML = html || '<p class="hint">Nothing to show yet.</p>'; // made safe by the server, as posts are
      show(true);
      pane.focus({ preventScroll: true });
    } catch (e) {
      toast(e.message);
    }
  });
  function show(on) {
    button.setAttribute("aria-pressed", String(on));
    pane.hidden = !on;
    area.hidden = on;
    if (!on) area.focus();
  }
}
