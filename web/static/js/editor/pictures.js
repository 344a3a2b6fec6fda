// Takes pictures into a text: picked, from the camera, pasted or dropped, several
// at once. Each has a card below the text.
import { $, $$, make } from "../dom.js";
import { Card } from "./card.js";
import { lookInto } from "./findings.js";
import { marks, takeOut } from "./marks.js";
import { typeOf } from "./shrink.js";
import { ask } from "../ui.js";

const most = 10; // pictures of a post
const atOnce = 2; // on their way

export function pictures(root, area) {
  const list = make("ul", { className: "uploads", hidden: true, "aria-label": "Pictures" });
  const status = make("p", { className: "sr", role: "status" });
  root.append(list, status);
  const first = $("[data-edit-first]", area.form ?? root.parentNode);
  remember(first);
  const types = $("[data-types]", root)?.dataset.types ?? "";
  let hurried = false;
  let count = 0;
  const host = {
    root, area, cards: [],
    taken: new Set(), // ids of pictures that were taken back
    count: () => ++count,
    known: (type) => types.split(",").includes(type), // to the server
    say: (text) => { status.textContent = text; },
    refuse: (sentences) => refuse(root, list, sentences),
    busy: (more) => area.form?.dispatchEvent(new CustomEvent("uploading", { detail: more })),
    line: queue(atOnce),
    desk: queue(1), // one picture is edited at a time
    editFirst: () => Boolean(first?.checked),
    hurry: () => hurried,
    gone(card) {
      host.cards = host.cards.filter((c) => c !== card);
      list.hidden = !host.cards.length;
    },
  };

  function add(what) {
    const card = new Card(host, what);
    host.cards.push(card);
    list.append(card.row);
    list.hidden = false;
  }

  function take(files) {
    const found = files.filter(typeOf);
    const room = Math.max(0, most - host.cards.length);
    const left = [...files.filter((f) => !typeOf(f)).map((f) => `“${f.name}” is not a picture.`)];
    if (found.length > room) left.push(`A post shows at most ${most} pictures: ${found.slice(room).map((f) => `“${f.name}”`).join(", ")} left out.`);
    for (const file of found.slice(0, room)) add({ file });
    host.refuse(left);
    if (found.length && room) {
      host.say(found.length === 1 ? "One picture is taken in." : `${Math.min(room, found.length)} pictures are taken in.`);
      import("./paint/paint.js").catch(() => {}); // while there is a connection
    }
  }

  pickers(root, types, take);
  pasting(area, take);
  dropping(root, take);
  for (const { id, alt } of marks(area.value)) if (!host.cards.some((c) => c.pic.id === id)) add({ id, alt });
  // An edit's pictures are public already.
  if (!area.form?.dataset.draft?.startsWith("edit:")) host.cards.forEach(lookInto);
  list.addEventListener("arrived", (event) => lookInto(event.detail));
  area.addEventListener("input", () => {
    host.cards.forEach((c) => c.follow());
    const undone = marks(area.value).filter(({ id }) => host.taken.has(id));
    if (!undone.length) return;
    for (const { id } of undone) takeOut(area, id);
    host.refuse(["A picture that you took out is gone. Add it again to show it."]);
  });
  area.form?.addEventListener("submit", (event) => beforePosting(event, host, (on) => { hurried = on; }), { capture: true });
}

/** What was not taken in, and why, until the next time. */
function refuse(root, list, sentences) {
  $(".upload-refused", root)?.remove();
  if (!sentences.length) return;
  list.before(make("div", { className: "upload-refused", role: "alert" }, ...sentences.map((s) => make("p", { className: "field-error", textContent: s }))));
}

function pickers(root, types, take) {
  for (const button of $$("[data-pick]", root)) {
    const camera = button.dataset.pick === "camera";
    const field = make("input", { type: "file", accept: camera ? "image/*" : types, multiple: !camera, hidden: true, "aria-hidden": "true" });
    if (camera) field.setAttribute("capture", "environment");
    button.after(field);
    button.addEventListener("click", () => field.click());
    field.addEventListener("change", (event) => {
      event.stopPropagation();
      take([...field.files]);
      field.value = "";
    });
  }
}

function pasting(area, take) {
  (area.form ?? area).addEventListener("paste", (event) => {
    const given = event.clipboardData;
    const found = [...(given?.files ?? [])].filter(typeOf);
    if (!found.length || given.types.includes("text/plain")) return; // a table or a text, with its picture
    event.preventDefault();
    take(found);
  });
}

/** Files may be dropped on the editor; beside it they must not open in place of the page. */
function dropping(root, take) {
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  let near = 0, over = 0;
  const mark = () => {
    root.classList.toggle("is-near", near > 0);
    root.classList.toggle("is-drop", over > 0);
  };
  const forget = () => {
    near = over = 0;
    mark();
  };
  document.addEventListener("dragenter", (event) => { if (carries(event)) near++, mark(); });
  document.addEventListener("dragleave", (event) => { if (carries(event)) near = Math.max(0, near - 1), mark(); });
  document.addEventListener("dragover", (event) => { if (carries(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    if (carries(event)) event.preventDefault();
    forget();
  });
  root.addEventListener("dragenter", (event) => { if (carries(event)) over++, mark(); });
  root.addEventListener("dragleave", (event) => { if (carries(event)) over = Math.max(0, over - 1), mark(); });
  root.addEventListener("drop", (event) => { if (carries(event)) take([...event.dataTransfer.files]); });
}

/** Lets so many jobs run at once; the others wait in their order. */
function queue(limit) {
  let running = 0;
  const waiting = [];
  const next = () => {
    running--;
    waiting.shift()?.();
  };
  return async (job) => {
    if (running >= limit) await new Promise((go) => waiting.push(go));
    running++;
    return Promise.resolve().then(job).finally(next);
  };
}

/** Keeps on this device whether pictures are edited before they are sent. */
function remember(box) {
  if (!box) return;
  try { box.checked = localStorage.getItem("edit-first") === "1"; } catch { /* not kept, then */ }
  box.addEventListener("change", () => {
    try { localStorage.setItem("edit-first", box.checked ? "1" : ""); } catch { /* not kept, then */ }
  });
}

/** Asks before posting without a picture that did not arrive. */
async function beforePosting(event, host, hurry) {
  hurry(true);
  const failed = host.cards.filter((c) => ["failed", "refused", "held"].includes(c.state()));
  const edited = host.cards.some((c) => c.state() === "editing");
  if (!failed.length && !edited) return;
  hurry(false); // nothing is posted yet: what comes in later has its time
  event.preventDefault();
  event.stopImmediatePropagation();
  if (edited) return;
  const { submitter, target } = event;
  const sure = await ask(failed.length === 1 ? "One picture is not in your text. Post without it?" : `${failed.length} pictures are not in your text. Post without them?`, "", "Post without");
  if (sure === null) return;
  failed.forEach((c) => c.remove());
  target.requestSubmit(submitter ?? undefined);
}
