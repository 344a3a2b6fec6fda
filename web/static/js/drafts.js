// Keeps what is being typed: on the server after a pause, and asks before
// leaving with something unsent.
import { $, $$, debounce, postJSON } from "./dom.js";

for (const form of $$("form[data-guard]")) guard(form);

function guard(form) {
  const place = form.dataset.draft;
  const said = $("[data-saved]", form);
  let dirty = false;
  let sending = false;
  let uploads = 0; // pictures on their way
  let wanted; // the button that was pressed while they were

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
    if (!event.target.name || event.target.type === "file") return; // not what is posted
    dirty = true;
    if (said) said.textContent = "";
    if (place) save();
  });
  form.addEventListener("uploading", (event) => {
    uploads += event.detail;
    if (uploads || !wanted) return;
    const [button] = wanted;
    wanted = undefined;
    queueMicrotask(() => form.requestSubmit(button));
  });
  form.addEventListener("submit", (event) => {
    if (uploads > 0) {
      event.preventDefault();
      wanted = [event.submitter ?? undefined];
      if (said) said.textContent = "Posting as soon as the picture has arrived…";
      return;
    }
    if (sending) return event.preventDefault(); // pressed twice
    sending = true;
    save.cancel();
    event.submitter?.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => { sending = false; });
  addEventListener("beforeunload", (event) => { if ((dirty || uploads) && !sending) event.preventDefault(); });
}
