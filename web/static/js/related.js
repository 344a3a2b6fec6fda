// While a question is typed: what is like it already.
import { $, debounce, postJSON } from "./dom.js";

const form = $("form[data-related]");
if (form) {
  const box = $("[data-related-box]", form);
  const title = form.elements.title;
  let asked = title.value.trim();
  const look = debounce(450, async () => {
    const text = title.value.trim();
    if (text === asked || text.length < 8) return;
    asked = text;
    const body = new FormData();
    body.set("title", text);
    body.set("body", form.elements.body.value.slice(0, 2000));
    try {
      const { count, html } = await postJSON("/related", body);
      if (title.value.trim() !== text) return;
      box.innerHTML = count ? "<h2>Is it one of these?</h2>" + html : ""; // written by the server's own templates
      for (const a of box.querySelectorAll("a")) a.target = "_blank";
    } catch { /* a help, no need */ }
  });
  title.addEventListener("input", look);
}
