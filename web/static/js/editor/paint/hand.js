// The hand on the picture: mouse, finger, pen or keyboard make a step.

const least = 6; // pixels on the screen: less is a slip
const big = 0.25; // of what is in sight: what the keyboard begins with

/**
 * Lets steps be made on the canvas. desk: {tool(), ink(), words(), frame(), seen(),
 * resting(), pend(step), commit(step), follow(x, y), say(text)}; seen is the part of
 * the frame in sight, resting tells that the picture is moved and not drawn on.
 */
export function hand(canvas, desk) {
  let pending = null;
  let pointer = null;
  const pend = (step) => desk.pend((pending = step));

  function begin(x, y, w = 0, h = 0) {
    const kind = desk.tool();
    const step = { kind, x, y, w, h, ink: desk.ink() };
    if (kind === "text") step.text = desk.words();
    return kind === "text" && !step.text ? null : step;
  }

  function done(enough) {
    const step = pending;
    pend(null);
    if (step && enough) desk.commit(step);
  }

  function point(event) {
    const r = canvas.getBoundingClientRect(), f = desk.frame();
    return { x: f.x + ((event.clientX - r.left) * f.w) / r.width, y: f.y + ((event.clientY - r.top) * f.h) / r.height, scale: f.w / r.width };
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || desk.resting()) return;
    if (pointer !== null || !event.isPrimary) { // a second finger: it was no drawing
      pointer = null;
      return pend(null);
    }
    const at = point(event);
    const step = begin(at.x, at.y);
    if (!step) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    pend(step);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer || !pending) return;
    const at = point(event);
    if (pending.kind === "text") pend({ ...pending, x: at.x, y: at.y });
    else pend({ ...pending, w: at.x - pending.x, h: at.y - pending.y });
  });
  canvas.addEventListener("pointerup", (event) => {
    if (event.pointerId !== pointer || !pending) return;
    pointer = null;
    const room = least * point(event).scale;
    const long = Math.hypot(pending.w, pending.h) >= room;
    const wide = Math.abs(pending.w) >= room && Math.abs(pending.h) >= room;
    done(pending.kind === "text" || (pending.kind === "arrow" ? long : wide));
  });
  canvas.addEventListener("pointercancel", () => {
    pointer = null;
    pend(null);
  });

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === "Escape" && pending) pend(null);
    else if (event.key === "Enter" || event.key === " ") {
      if (pending) return event.preventDefault(), done(true);
      start();
    } else if (way) {
      if (!pending) start();
      else pend(nudged(pending, way, event.shiftKey, desk.seen()));
    } else return;
    event.preventDefault();
    if (pending) desk.follow(...ends(pending, event.shiftKey));
    if (pending) desk.say(`${Math.round(Math.abs(pending.w))} by ${Math.round(Math.abs(pending.h))} at ${Math.round(pending.x)}, ${Math.round(pending.y)}`);
  });

  function start() {
    const f = desk.seen();
    const w = f.w * big, h = f.h * big;
    pend(begin(f.x + (f.w - w) / 2, f.y + (f.h - h) / 2, w, h));
  }

  return { drop: () => pend(null) };
}

/** The corner of a step that is being moved: the far one, or the near. */
const ends = ({ x, y, w, h }, far) => (far ? [x + w, y + h] : [x, y]);

/** Moves a step by a hundredth of what is in sight, or its far corner. */
function nudged(step, [dx, dy], resize, frame) {
  const by = Math.max(1, Math.max(frame.w, frame.h) / 100);
  if (resize && step.kind !== "text") return { ...step, w: step.w + dx * by, h: step.h + dy * by };
  return { ...step, x: step.x + dx * by, y: step.y + dy * by };
}
