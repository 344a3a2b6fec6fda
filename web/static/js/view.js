// Pictures of posts: a blurred one until the real one is there, and a large view
// to move and zoom in with mouse, fingers and keys.
import { $, $$, make } from "./dom.js";

const most = 8; // times larger than it fits
const swipe = 60; // pixels of a finger's way to the next picture

for (const img of $$("img[data-blur]")) blur(img);
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) for (const node of addedNodes) if (node.nodeType === 1) $$("img[data-blur]", node).forEach(blur);
}).observe($("main") ?? document.body, { childList: true, subtree: true });

function blur(img) {
  if (img.complete) return;
  img.style.backgroundImage = `url("${img.dataset.blur}")`;
  img.classList.add("is-blurred");
  const sharp = () => {
    img.style.backgroundImage = "";
    img.classList.remove("is-blurred");
  };
  img.addEventListener("load", sharp, { once: true });
  img.addEventListener("error", sharp, { once: true });
}

document.addEventListener("click", (event) => {
  const shot = event.target.closest("a.shot");
  if (!shot || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  const all = $$("a.shot", shot.closest("main") ?? document);
  view(all, all.indexOf(shot));
});

/** Shows one of the pictures large. */
function view(shots, at) {
  const img = make("img", { draggable: false });
  const stage = make("div", { className: "view-stage", tabIndex: -1, autofocus: true }, img);
  const count = make("span", { className: "view-count" });
  const text = make("p", { className: "view-text", "aria-live": "polite" });
  const button = (label, sign, run) => make("button", { type: "button", className: "round", "aria-label": label, title: label, textContent: sign, onclick: run });
  const close = button("Close the picture", "✕", () => box.close());
  const zoom = zooming(stage, img, (way) => go(way));
  const bar = make("div", { className: "view-bar" }, count, make("span", { className: "grow" }),
    button("Smaller", "−", () => zoom.by(1 / 1.5)), button("Larger", "+", () => zoom.by(1.5)), close);
  const back = button("Previous picture", "‹", () => go(-1));
  const next = button("Next picture", "›", () => go(1));
  back.classList.add("view-back");
  next.classList.add("view-next");
  const box = make("dialog", { className: "view" }, bar, stage, back, next, text);

  function go(way) {
    const to = Math.min(shots.length - 1, Math.max(0, at + way));
    if (to === at && way) return;
    at = to;
    const small = $("img", shots[at]);
    img.src = shots[at].href;
    img.alt = small.alt;
    text.textContent = small.alt;
    box.setAttribute("aria-label", small.alt || "Picture");
    count.textContent = shots.length > 1 ? `${at + 1} of ${shots.length}` : "";
    back.hidden = at === 0;
    next.hidden = at === shots.length - 1;
    zoom.fit();
  }

  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const run = {
      ArrowLeft: () => (zoom.is() ? zoom.move(80, 0) : go(-1)), ArrowRight: () => (zoom.is() ? zoom.move(-80, 0) : go(1)),
      ArrowUp: () => zoom.move(0, 80), ArrowDown: () => zoom.move(0, -80),
      "+": () => zoom.by(1.5), "=": () => zoom.by(1.5), "-": () => zoom.by(1 / 1.5), 0: () => zoom.fit(),
    }[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  });
  stage.addEventListener("click", (event) => { if (event.target === stage && !zoom.is()) box.close(); });
  box.addEventListener("close", () => {
    box.remove();
    shots[at].focus({ preventScroll: true });
    shots[at].scrollIntoView({ block: "nearest" });
  });
  go(0);
  document.body.append(box);
  box.showModal();
}

/** Zooms and moves the picture in its stage; turn(±1) when it is swiped away. */
function zooming(stage, img, turn) {
  let scale = 1, x = 0, y = 0;
  const fingers = new Map();
  let began = null;
  let moved = false;

  function apply() {
    const room = stage.getBoundingClientRect();
    const limit = (size, shown) => Math.max(0, (size * scale - shown) / 2);
    const lx = limit(img.offsetWidth, room.width), ly = limit(img.offsetHeight, room.height);
    x = Math.min(lx, Math.max(-lx, x));
    y = Math.min(ly, Math.max(-ly, y));
    img.style.transform = scale === 1 ? "" : `translate(${x}px, ${y}px) scale(${scale})`;
    stage.classList.toggle("is-zoomed", scale > 1);
  }
  /** Zooms so that what is at a place of the stage stays there. */
  function by(factor, px = 0, py = 0) {
    const before = scale;
    scale = Math.min(most, Math.max(1, scale * factor));
    x = px - ((px - x) * scale) / before;
    y = py - ((py - y) * scale) / before;
    apply();
  }
  function fit() {
    scale = 1;
    x = y = 0;
    apply();
  }
  function move(dx, dy) {
    x += dx;
    y += dy;
    apply();
  }
  const from = (cx, cy) => {
    const r = stage.getBoundingClientRect();
    return [cx - r.left - r.width / 2, cy - r.top - r.height / 2];
  };

  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    by(Math.exp(-event.deltaY / 400), ...from(event.clientX, event.clientY));
  }, { passive: false });
  img.addEventListener("dblclick", (event) => (scale > 1 ? fit() : by(2.5, ...from(event.clientX, event.clientY))));
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    fingers.set(event.pointerId, event);
    began = fingers.size === 1 ? event : null;
    moved = false;
  });
  stage.addEventListener("pointermove", (event) => {
    const last = fingers.get(event.pointerId);
    if (!last) return;
    const other = [...fingers.values()].find((f) => f.pointerId !== event.pointerId);
    fingers.set(event.pointerId, event);
    if (other) {
      const apart = (f) => Math.hypot(f.clientX - other.clientX, f.clientY - other.clientY) || 1;
      by(apart(event) / apart(last), ...from((event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2));
    } else if (scale > 1) move(event.clientX - last.clientX, event.clientY - last.clientY);
    if (moved || !began || Math.hypot(event.clientX - began.clientX, event.clientY - began.clientY) <= 6) return;
    moved = true;
    stage.setPointerCapture(event.pointerId); // not before: a click would not be the picture's any more
  });
  const lift = (event) => {
    if (!fingers.delete(event.pointerId) || event.type !== "pointerup" || !began || scale > 1) return;
    const dx = event.clientX - began.clientX, dy = event.clientY - began.clientY;
    if (event.pointerType !== "mouse" && Math.abs(dx) > swipe && Math.abs(dx) > 2 * Math.abs(dy)) turn(dx < 0 ? 1 : -1);
  };
  stage.addEventListener("pointerup", lift);
  stage.addEventListener("pointercancel", lift);
  stage.addEventListener("click", (event) => { if (moved) event.stopImmediatePropagation(); }, { capture: true });
  return { by, fit, move, is: () => scale > 1 };
}
