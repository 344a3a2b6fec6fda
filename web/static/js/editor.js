// The editor: a plain textarea of Markdown with a toolbar, a preview and
// screenshots that are pasted, dropped or picked.
import { $, $$, grow, insert, postJSON, toast } from "./dom.js";

const wraps = { bold: ["**", "**", "bold"], italic: ["*", "*", "italic"], code: ["`", "`", "code"] };
const maxBytes = 10 * 1024 * 1024;

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

function pictures(root, area) {
  const picker = Object.assign(document.createElement("input"), { type: "file", accept: "image/png,image/jpeg,image/gif,image/webp", multiple: true, hidden: true });
  const list = Object.assign(document.createElement("div"), { className: "uploads" });
  list.setAttribute("aria-live", "polite");
  root.append(picker, list);
  $("[data-pick]", root).addEventListener("click", () => picker.click());
  picker.addEventListener("change", () => {
    take([...picker.files]);
    picker.value = "";
  });
  area.addEventListener("paste", (event) => {
    const found = [...(event.clipboardData?.files ?? [])].filter((f) => f.type.startsWith("image/"));
    if (!found.length) return;
    event.preventDefault();
    take(found);
  });
  let depth = 0;
  const dragging = (event) => event.dataTransfer?.types.includes("Files");
  root.addEventListener("dragenter", (event) => { if (dragging(event)) { depth++; root.classList.add("is-drop"); } });
  root.addEventListener("dragleave", () => { if (depth && --depth === 0) root.classList.remove("is-drop"); });
  root.addEventListener("dragover", (event) => { if (dragging(event)) event.preventDefault(); });
  root.addEventListener("drop", (event) => {
    if (!dragging(event)) return;
    event.preventDefault();
    depth = 0;
    root.classList.remove("is-drop");
    take([...event.dataTransfer.files]);
  });
  const take = (files) => files.forEach((f) => upload(f, area, list));
}

/** Sends one picture, showing how far it is, and puts it into the text. */
function upload(file, area, list) {
  if (!file.type.startsWith("image/")) return toast(`“${file.name}” is not a picture.`);
  if (file.size > maxBytes) return toast(`“${file.name}” is larger than 10 MB. Crop it or make it smaller.`);
  const row = document.createElement("div");
  row.className = "upload";
  const thumb = Object.assign(document.createElement("img"), { alt: "", width: 72, height: 54, src: URL.createObjectURL(file) });
  const middle = document.createElement("div");
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  bar.setAttribute("aria-label", `Uploading ${file.name}`);
  const cancel = Object.assign(document.createElement("button"), { type: "button", className: "pill bare", textContent: "✕" });
  cancel.setAttribute("aria-label", `Cancel ${file.name}`);
  middle.append(bar);
  row.append(thumb, middle, cancel);
  list.append(row);
  area.form?.dispatchEvent(new CustomEvent("uploading", { detail: 1 }));

  const request = new XMLHttpRequest(); // fetch cannot tell how far an upload is
  request.open("POST", "/uploads");
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-Csrf-Token", $('meta[name="csrf"]').content);
  request.responseType = "json";
  request.upload.addEventListener("progress", (e) => { if (e.lengthComputable) bar.value = e.loaded / e.total; });
  request.addEventListener("loadend", () => area.form?.dispatchEvent(new CustomEvent("uploading", { detail: -1 })));
  request.addEventListener("load", () => {
    if (request.status !== 201) return failed(request.response?.detail ?? "The picture could not be uploaded. Try again.");
    uploaded(request.response);
  });
  request.addEventListener("error", () => failed("There is no connection. Try again."));
  const body = new FormData();
  body.set("picture", file, file.name || "screenshot.png");
  request.send(body);
  cancel.onclick = () => { request.abort(); row.remove(); };

  function failed(sentence) {
    const retry = Object.assign(document.createElement("button"), { type: "button", className: "pill", textContent: "Try again" });
    retry.onclick = () => { row.remove(); upload(file, area, list); };
    middle.replaceChildren(Object.assign(document.createElement("p"), { className: "field-error", textContent: sentence }), retry);
    cancel.setAttribute("aria-label", "Dismiss");
  }

  function uploaded(pic) {
    let mark = `![screenshot](${pic.url})`;
    const lead = area.value && !area.value.endsWith("\n\n") ? (area.value.endsWith("\n") ? "\n" : "\n\n") : "";
    const end = area.selectionStart === area.value.length;
    if (!end) area.setSelectionRange(area.selectionEnd, area.selectionEnd);
    insert(area, (end ? lead : "\n\n") + mark + "\n\n");
    thumb.src = pic.thumb;
    describe(pic, mark);
  }

  // The description goes straight into the text, where it can be seen and edited.
  function describe(pic, mark) {
    const label = Object.assign(document.createElement("label"), { textContent: "What does it show? Helps those who cannot see it, and search.", htmlFor: `alt-${pic.id}` });
    const alt = Object.assign(document.createElement("input"), { id: `alt-${pic.id}`, maxLength: 300, placeholder: "e.g. error 42 after pressing Start" });
    alt.addEventListener("input", () => {
      const text = alt.value.replace(/[[\]\\\n]/g, " ").trim() || "screenshot";
      const next = `![${text}](${pic.url})`;
      if (area.value.includes(mark)) area.value = area.value.replace(mark, () => next);
      mark = next;
      area.dispatchEvent(new Event("input", { bubbles: true }));
    });
    alt.addEventListener("change", () => {
      const body = new FormData();
      body.set("alt", alt.value);
      postJSON(`/uploads/${pic.id}/alt`, body).catch((e) => toast(e.message));
    });
    middle.replaceChildren(label, alt);
    cancel.setAttribute("aria-label", "Take the picture out");
    cancel.onclick = () => {
      area.value = area.value.replace(mark, "").replace(/\n{3,}/g, "\n\n");
      area.dispatchEvent(new Event("input", { bubbles: true }));
      row.remove();
    };
  }
}

document.addEventListener("input", (event) => { if (event.target.matches?.("textarea[data-grow]")) grow(event.target); });
for (const area of $$("textarea[data-grow]")) if (area.value) grow(area);
