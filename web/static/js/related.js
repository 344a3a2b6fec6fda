// While a question is typed: what answers it already.
import { $, debounce, postJSON } from "./dom.js";

const form = $("form[data-related]");
if (form) {
  const box = $("[data-related-box]", form);
  const title = form.elements.title;
  let asked = title.value.trim();
  dress();

  async function find() {
    const text = title.value.trim();
    if (text === asked || text.length < 8) return;
    asked = text;
    const body = new FormData();
    body.set("csrf", form.elements.csrf.value);
    body.set("title", text);
    body.set("body", form.elements.body.value.slice(0, 2000));
    body.set("attempt", form.elements.attempt?.value ?? "");
    try {
      const { html } = await postJSON("/related", body);
      if (title.value.trim() !== text) return;
      box.innerHTML = html; // written by the server's own templates
      dress();
    } catch { /* a help, no need */ }
  }

  // What is opened is opened beside the question, which stays.
  function dress() {
    for (const a of box.querySelectorAll("a")) a.target = "_blank";
  }

  const look = debounce(450, find);
  title.addEventListener("input", look);
  title.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault(); // the first line is a look for answers, not yet the question
    look.cancel();
    find();
  });
}
