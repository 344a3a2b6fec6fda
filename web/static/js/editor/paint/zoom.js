// A closer look at the picture being edited, to place a mark exactly: by buttons,
// two fingers, Ctrl and wheel, or keys. The stage scrolls what does not fit.

const most = 8; // times larger than it fits
const step = 1.5;

/** Zooms a canvas in its stage. told(factor) hears of every change. */
export function zooming(stage, canvas, told) {
  let factor = 1;
  let moving = false; // one finger, or the mouse, moves the picture in place of drawing
  let centre = [0.5, 0.5]; // of what is in sight, in parts of the picture
  const fingers = new Map();

  /** Sizes the canvas anew: after a change of the factor, of the picture or of the window. */
  function apply() {
    const room = [stage.clientWidth - 16, stage.clientHeight - 16]; // within the padding
    const fit = Math.min(1, room[0] / canvas.width, room[1] / canvas.height);
    stage.classList.toggle("is-zoomed", factor > 1);
    canvas.style.inlineSize = factor > 1 ? `${canvas.width * fit * factor}px` : "";
  }

  /** Zooms so that what is at a place of the window stays there; without a place, in the middle. */
  function by(times, at = middle()) {
    const part = partAt(at);
    factor = Math.min(most, Math.max(1, factor * times));
    if (factor < 1.05) factor = 1;
    apply();
    bring(part, at);
    told(factor);
  }

  function partAt([x, y]) {
    const r = canvas.getBoundingClientRect();
    return [(x - r.left) / r.width, (y - r.top) / r.height];
  }

  /** Scrolls a place of the picture to a place of the window, as far as it goes. */
  function bring([px, py], [x, y]) {
    const r = canvas.getBoundingClientRect();
    stage.scrollBy(r.left + px * r.width - x, r.top + py * r.height - y);
  }

  function middle() {
    const r = stage.getBoundingClientRect();
    return [r.left + r.width / 2, r.top + r.height / 2];
  }

  /** The part of the picture that is in sight, in parts of its width and height. */
  function seen() {
    const c = canvas.getBoundingClientRect(), s = stage.getBoundingClientRect();
    const x = Math.max(0, (s.left - c.left) / c.width), y = Math.max(0, (s.top - c.top) / c.height);
    return { x, y, w: Math.min(1, (s.right - c.left) / c.width) - x, h: Math.min(1, (s.bottom - c.top) / c.height) - y };
  }

  /** Scrolls until a place of the picture, in parts of its width and height, is in sight. */
  function reveal(x, y) {
    const part = seen();
    const c = canvas.getBoundingClientRect();
    const past = (at, from, size) => Math.min(0, at - from) + Math.max(0, at - from - size);
    stage.scrollBy(past(x, part.x, part.w) * c.width, past(y, part.y, part.h) * c.height);
  }

  const spread = ([a, b]) => ({ apart: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) || 1, at: [(a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2] });

  stage.addEventListener("pointerdown", (event) => {
    if (event.isPrimary) fingers.clear();
    if (event.button === 0) fingers.set(event.pointerId, event);
    if (moving) stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", (event) => {
    const last = fingers.get(event.pointerId);
    if (!last) return;
    const before = [...fingers.values()];
    fingers.set(event.pointerId, event);
    if (fingers.size === 2) {
      const was = spread(before), is = spread([...fingers.values()]);
      stage.scrollBy(was.at[0] - is.at[0], was.at[1] - is.at[1]);
      by(is.apart / was.apart, is.at);
    } else if (moving) stage.scrollBy(last.clientX - event.clientX, last.clientY - event.clientY);
  });
  const lift = (event) => fingers.delete(event.pointerId);
  stage.addEventListener("pointerup", lift);
  stage.addEventListener("pointercancel", lift);
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return; // it scrolls
    event.preventDefault();
    by(Math.exp(-event.deltaY / 200), [event.clientX, event.clientY]);
  }, { passive: false });
  stage.addEventListener("scroll", () => { centre = partAt(middle()); });
  new ResizeObserver(() => { // a phone is turned
    const kept = centre;
    apply();
    if (factor > 1) bring(kept, middle());
  }).observe(stage);

  return {
    apply, seen, reveal,
    larger: () => by(step), smaller: () => by(1 / step), fit: () => by(0),
    is: () => factor > 1,
    moves: () => moving,
    move(on) {
      moving = on;
      stage.classList.toggle("is-moving", on);
    },
  };
}
