// The editor of a picture, in a dialog: crop, point, cover. It works on this
// device only; what it gives back holds nothing of what was covered.
import { $, make } from "../../dom.js";
import { decode, encode, honest, isFlat, longest, maxBytes, renamed, scaled } from "../shrink.js";
import { ask } from "../../ui.js";
import { hand } from "./hand.js";
import { frame, History, render, settled } from "./steps.js";
import { zooming } from "./zoom.js";

const largest = 4096; // pixels of a screenshot's longer side that are worked on

const tools = [
  ["black", "Black out", '<rect x="4" y="8" width="16" height="8" rx="1" fill="currentColor"/>'],
  ["blur", "Blur", '<path d="M4 4h5v5H4zM9.500 9.500h5v5h-5zM15 4h5v5h-5zM4 15h5v5H4zM15 15h5v5h-5z" fill="currentColor" stroke="none"/>'],
  ["crop", "Crop", '<path d="M7 3v14h14M3 7h14v14"/>'],
  ["arrow", "Arrow", '<path d="M5 19 19 5m0 0h-8m8 0v8"/>'],
  ["box", "Box", '<rect x="4" y="5" width="16" height="14" rx="1"/>'],
  ["text", "Text", '<path d="M5 6h14M12 6v13M9 19h6"/>'],
];
const colours = [["red", "Red"], ["blue", "Blue"], ["yellow", "Yellow"], ["black", "Black"]];
const undoIcon = '<path d="M8.500 5 4 9.500 8.500 14M4 9.500h10a5.500 5.500 0 0 1 0 11h-3"/>';
const redoIcon = '<path d="M15.500 5 20 9.500 15.500 14M20 9.500H10a5.500 5.500 0 0 0 0 11h3"/>';

const handIcon = '<path d="M8 12V6.500a1.500 1.500 0 0 1 3 0V11m0-5.500a1.500 1.500 0 0 1 3 0V11m0-4a1.500 1.500 0 0 1 3 0v7a6 6 0 0 1-6 6c-3 0-4.500-1.500-6-4l-2-3.500a1.500 1.500 0 0 1 2.500-1.600L8 13"/>';

function icon(path) {
  const box = document.createElement("template");
  box.innerHTML = `<svg class="i" viewBox="0 0 24 24" aria-hidden="true">${path}</svg>`;
  return box.content;
}

/**
 * Lets a picture be edited. steps are those of an earlier time, with the same
 * file. Resolves to {file, steps, original}, with the same file where nothing was
 * done to it; or to null when it was thought better of.
 */
export async function paint(original, { name, steps = [], tool = "black", sent = false }) {
  const { picture, flat } = await opened(original);
  const view = build(name, tool, sent);
  const history = new History(steps);
  const desk = start(view, picture, history);
  document.body.append(view.box);
  view.box.showModal();
  view.canvas.focus({ preventScroll: true });
  desk.show();
  try {
    if (!(await choice(view, history, steps.length))) return null;
    if (!history.steps.length) return { file: original, steps: [], original };
    render(view.canvas, picture, history.steps);
    return { file: await saved(view.canvas, flat, original.name), steps: history.steps, original };
  } finally {
    view.box.close();
    view.box.remove();
  }
}

async function opened(file) {
  try {
    honest();
  } catch {
    throw new Error("This browser does not let pictures be changed here. Change it with another program first.");
  }
  const bitmap = await decode(file).catch(() => { throw new Error("This browser cannot open this kind of picture. Take a screenshot of it."); });
  const flat = /png|gif/.test(file.type) || isFlat(bitmap);
  const picture = scaled(bitmap, flat ? largest : longest);
  bitmap.close();
  return { picture, flat };
}

async function saved(canvas, flat, name) {
  const exact = flat && (await encode(canvas, true));
  return renamed(exact && exact.size <= maxBytes ? exact : await encode(canvas, false), name);
}

function build(name, tool, sent) {
  const view = { tool, box: make("dialog", { className: "paint", "aria-labelledby": "paint-title" }) };
  view.canvas = make("canvas", { tabIndex: 0, role: "application", "aria-label": `${name}: draw here`, "aria-describedby": "paint-keys" });
  view.status = make("p", { className: "sr", role: "status" });
  view.words = make("input", { id: "paint-words", maxLength: 80, autocomplete: "off" });
  view.field = make("div", { className: "paint-words", hidden: true }, make("label", { htmlFor: "paint-words", textContent: "Words" }), view.words);
  view.inks = make("fieldset", { className: "paint-inks" }, make("legend", { className: "sr", textContent: "Colour" }),
    ...colours.map(([value, label], i) => make("label", { title: label }, make("input", { type: "radio", name: "paint-ink", value, className: `ink-${value}`, checked: i === 0 }), make("span", { className: "sr", textContent: label }))));
  view.tools = make("div", { className: "paint-tools", role: "group", "aria-label": "Tools" }, ...tools.map(([kind, label, path]) => {
    const button = make("button", { type: "button", "aria-pressed": "false" }, icon(path), label);
    button.dataset.tool = kind;
    return button;
  }));
  const closer = (label, sign, title = label) => make("button", { type: "button", className: "round", "aria-label": label, title, textContent: sign });
  view.smaller = closer("Smaller", "−", "Smaller (−)");
  view.larger = closer("Larger", "+", "Larger (+)");
  view.move = make("button", { type: "button", className: "round", "aria-label": "Move the picture", title: "Move the picture", "aria-pressed": "false" }, icon(handIcon));
  view.zoom = make("div", { className: "paint-zoom", role: "group", "aria-label": "Closer look" }, view.move, view.smaller, view.larger);
  view.stage = make("div", { className: "paint-stage" }, view.canvas);
  view.undo = make("button", { type: "button", className: "round", "aria-label": "Undo", title: "Undo (Ctrl+Z)" }, icon(undoIcon));
  view.redo = make("button", { type: "button", className: "round", "aria-label": "Redo", title: "Redo (Ctrl+Y)" }, icon(redoIcon));
  view.cancel = make("button", { type: "button", className: "button plain small", textContent: "Cancel" });
  view.use = make("button", { type: "button", className: "button small", textContent: "Use picture" });
  view.box.append(
    make("div", { className: "paint-head" }, make("h2", { id: "paint-title", textContent: "Edit the picture" }), make("p", { className: "hint", textContent: sent ? "It was sent already. What you make of it takes its place, and the old one is shown to nobody but you and the staff." : "Nothing leaves this device before you use it." })),
    view.stage,
    make("div", { className: "paint-more" }, view.field, view.inks, view.zoom),
    view.tools,
    make("div", { className: "paint-foot" }, view.undo, view.redo, make("span", { className: "grow" }), view.cancel, view.use),
    make("p", { className: "sr", id: "paint-keys", textContent: "Draw with mouse or finger. With the keyboard: Enter begins, arrow keys move, Shift and arrow keys change the size, Enter puts it there, Escape takes it back. Plus and minus look closer and less close, 0 shows all." }),
    view.status);
  return view;
}

/** Joins tools, hand and history; returns {show}. */
function start(view, picture, history) {
  let pending = null;
  let asked = 0;
  const show = () => {
    if (!asked) asked = requestAnimationFrame(() => {
      asked = 0;
      if (!view.box.isConnected) return;
      render(view.canvas, picture, history.steps, pending);
      zoom.apply();
    });
    view.undo.disabled = !history.steps.length;
    view.redo.disabled = !history.undone.length;
  };
  const say = (text) => { view.status.textContent = text; };
  const zoom = zooming(view.stage, view.canvas, (factor) => {
    view.smaller.disabled = view.move.disabled = factor === 1;
    if (factor === 1) rest(false);
    say(factor === 1 ? "All of the picture is shown." : `${factor.toFixed(1)} times as large.`);
  });
  const rest = (on) => {
    zoom.move(on);
    view.move.setAttribute("aria-pressed", String(on));
  };
  const part = () => frame(picture, history.steps);
  view.smaller.disabled = view.move.disabled = true;
  view.smaller.addEventListener("click", zoom.smaller);
  view.larger.addEventListener("click", zoom.larger);
  view.move.addEventListener("click", () => rest(!zoom.moves()));
  const labelOf = (kind) => tools.find(([k]) => k === kind)[1];
  const drawn = hand(view.canvas, {
    tool: () => view.tool,
    ink: () => $("input:checked", view.inks).value,
    frame: part,
    seen() {
      const f = part(), s = zoom.seen();
      return { x: f.x + f.w * s.x, y: f.y + f.h * s.y, w: f.w * s.w, h: f.h * s.h };
    },
    resting: zoom.moves,
    follow(x, y) {
      const f = part();
      zoom.reveal((x - f.x) / f.w, (y - f.y) / f.h);
    },
    words() {
      const text = view.words.value.trim();
      if (!text) {
        say("Type the words first.");
        view.words.focus();
      }
      return text;
    },
    pend(step) {
      pending = step;
      show();
    },
    commit(step) {
      const whole = settled(step, frame(picture, history.steps));
      if (whole.w === 0 || whole.h === 0) {
        if (whole.kind !== "text" && whole.kind !== "arrow") return;
      }
      history.add(whole);
      say(`${labelOf(step.kind)}: done. ${history.steps.length} in all.`);
      show();
    },
    say,
  });
  const back = (step, word) => {
    drawn.drop();
    if (step) say(`${labelOf(step.kind)}: ${word}.`);
    show();
  };
  const undo = () => back(history.undo(), "taken back");
  const redo = () => back(history.redo(), "made again");
  view.undo.addEventListener("click", undo);
  view.redo.addEventListener("click", redo);
  view.box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === view.words) return;
    const run = { "+": zoom.larger, "=": zoom.larger, "-": zoom.smaller, 0: zoom.fit }[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  });
  view.box.addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || event.target === view.words || !"zy".includes(key)) return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) redo();
    else undo();
  });
  const choose = (kind) => {
    drawn.drop();
    rest(false);
    view.tool = kind;
    for (const b of view.tools.children) b.setAttribute("aria-pressed", String(b.dataset.tool === kind));
    view.field.hidden = kind !== "text";
    view.inks.hidden = ["crop", "black", "blur"].includes(kind);
    if (kind === "text") view.words.focus();
  };
  view.tools.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose(button.dataset.tool);
  });
  view.words.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    view.canvas.focus();
  });
  choose(view.tool);
  return { show };
}

/** Waits for Use or Cancel; asks before what was done is thrown away. */
function choice(view, history, before) {
  return new Promise((resolve) => {
    const leave = async () => {
      const changed = history.steps.length !== before || history.undone.length > 0;
      if (!changed || (await ask("Throw away what you changed?", "", "Throw away")) !== null) resolve(false);
    };
    view.use.addEventListener("click", () => resolve(true), { once: true });
    view.cancel.addEventListener("click", leave);
    view.box.addEventListener("cancel", (event) => {
      if (event.target !== view.box) return;
      event.preventDefault();
      leave();
    });
  });
}
