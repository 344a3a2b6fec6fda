// What the server found in a picture, before it is posted: what should perhaps
// not be seen, words to describe it by, and where it was answered already.
import { make } from "../dom.js";

const waits = [400, 1000, 2000, 4000, 8000, 15_000]; // milliseconds; reading a picture takes some time

const names = { email: "an e-mail address", card: "a card number", key: "a secret key", serial: "a serial number" };

/** Asks until the picture was read, a few times, and shows on its card what was found. */
export async function lookInto(card) {
  const { pic } = card;
  for (const wait of waits) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (card.pic !== pic || !card.row.isConnected) return; // exchanged or taken out
    const found = await ask(pic.id);
    if (!found) return;
    if (found.ready) return show(card, found);
  }
}

async function ask(id) {
  const response = await fetch(`/uploads/${id}/findings`, { headers: { Accept: "application/json" }, credentials: "same-origin" }).catch(() => null);
  return response?.ok ? response.json().catch(() => null) : null;
}

function show(card, { finds, alt, same }) {
  if (finds?.length) warn(card, finds);
  if (alt && !card.alt) suggest(card, alt);
  if (same) answered(card, same);
}

function list(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function warn(card, finds) {
  const kinds = list([...new Set(finds.map((f) => names[f.kind] ?? "something private"))]);
  const texts = [...new Set(finds.map((f) => f.text))].slice(0, 3).join(", ");
  const sentence = `This screenshot seems to show ${kinds} (${texts}). Black it out?`;
  const box = make("div", { className: "upload-warn", role: "group", "aria-label": "Something that should perhaps not be seen" },
    make("p", { textContent: sentence }),
    make("p", { className: "buttons" },
      make("button", { type: "button", className: "pill", textContent: "Black it out", onclick: () => card.paint("black") }),
      make("button", { type: "button", className: "pill", textContent: "Everyone may see it", onclick: () => box.remove() })));
  card.body.prepend(box);
  card.host.say(`${card.name}: ${sentence}`);
}

function suggest(card, alt) {
  const button = make("button", { type: "button", className: "pill upload-tip", textContent: `Use “${alt}”` });
  button.addEventListener("click", () => {
    card.field.value = alt;
    card.field.dispatchEvent(new Event("input", { bubbles: true }));
    card.field.dispatchEvent(new Event("change", { bubbles: true }));
    card.field.focus();
    button.remove();
  });
  card.field.addEventListener("input", () => button.remove(), { once: true });
  card.field.after(button);
}

function answered(card, { thread, title, solved }) {
  const link = make("a", { href: thread, target: "_blank", rel: "noopener", textContent: `“${title}”` });
  const said = solved ? "This was answered here: " : "The same picture was shown here: ";
  card.body.prepend(make("p", { className: "upload-same" }, said, link));
  card.host.say(`${card.name}: ${said}${title}`);
}
