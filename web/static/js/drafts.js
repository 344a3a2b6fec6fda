// Keeps what is being typed: on the server after a pause, and asks before
// leaving with something unsent.
import { $, $$, debounce, postJSON } from "./dom.js";

for (const form of $$("form[data-guard]")) guard(form);

function guard(form) {
  const place = form.dataset.draft;
  const said = $("[data-saved]", form);
  let dirty = false;
  let sending = false;
  let uploads = 0;

  const save = debounce(1500, async () => {
    if (sending) return;
    const body = new FormData();
    body.set("place", place);
    for (const name of ["title", "body", "tags", "space", "key", "private"]) {
      const field = form.elements[name];
      if (field && (field.type !== "checkbox" || field.checked)) body.set(name, field.value);
    }
    try {
      await postJSON("/drafts", body);
      dirty = false;
      if (said && !sending) said.textContent = "Draft saved";
    } catch (e) {
      if (said) said.textContent = "Not saved yet";
    }
  });

  form.addEventListener("input", (event) => {
    if (event.target.type === "file") return;
    dirty = true;
    if (said) said.textContent = "";
    if (place) save();
  });
  form.addEventListener("uploading", (event) => { uploads += event.detail; });
  form.addEventListener("submit", (event) => {
    if (uploads > 0) {
      event.preventDefault();
      if (said) said.textContent = "A picture is still on its way…";
      return;
    }
    if (sending) return event.preventDefault(); // pressed twice
    sending = true;
    save.cancel();
    event.submitter?.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => { sending = false; });
  addEventListener("beforeunload", (event) => { if (dirty && !sending) event.preventDefault(); });
}
