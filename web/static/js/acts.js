// Votes, marks and comments without loading the page again. The form is sent as
// it is; the page that the server answers with brings the parts that changed.
import { $, toast } from "./dom.js";
import { adopt, load } from "./parts.js";
import { ask } from "./ui.js";

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return;
  const button = event.submitter;
  if (form.dataset.sure && !form.dataset.certain) {
    event.preventDefault();
    const answer = await ask(form.dataset.sure, form.dataset.ask, button?.textContent?.trim());
    if (answer === null) return;
    if (form.dataset.ask) {
      form.querySelector("input[data-asked]")?.remove();
      const reason = Object.assign(document.createElement("input"), { type: "hidden", name: "reason", value: answer });
      reason.dataset.asked = "";
      form.append(reason);
    }
    form.dataset.certain = "1";
    form.requestSubmit(button ?? undefined);
    return;
  }
  if (!form.hasAttribute("data-act")) return;
  event.preventDefault();
  await send(form, button);
});

async function send(form, button) {
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  button?.setAttribute("aria-busy", "true");
  try {
    const { response, page } = await load(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, button ?? undefined)) });
    if (!response.ok) {
      const sentence = $(".field-error, .note.bad, main .lead", page)?.textContent?.trim();
      toast(sentence || "That did not work. Try again in a moment.");
      return;
    }
    if (form.hasAttribute("data-post")) form.reset(), form.closest("details")?.removeAttribute("open");
    adopt(page);
    const said = $(".note.good", page)?.textContent?.trim();
    if (said) toast(said);
  } catch {
    toast("There is no connection. Try again in a moment.");
  } finally {
    delete form.dataset.busy;
    delete form.dataset.certain;
    button?.removeAttribute("aria-busy");
  }
}
