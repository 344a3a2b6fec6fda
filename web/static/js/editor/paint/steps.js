// What is done to a picture, step by step, and how it is drawn. A step names
// its places in pixels of the whole picture. What is covered is gone from the
// pixels that are drawn: nothing of it can be had back from them.

const coarse = 32; // pixels: the least side of a blurred area's cells
const levels = 16; // of brightness of each colour in a blurred area
const inks = { red: "#d92d20", blue: "#1d5fd1", yellow: "#ffd60a", black: "#111111" };

/** Steps that can be taken back and made again. */
export class History {
  constructor(steps = []) {
    this.steps = [...steps];
    this.undone = [];
  }
  add(step) {
    this.steps.push(step);
    this.undone = [];
  }
  undo() { return this.move(this.steps, this.undone); }
  redo() { return this.move(this.undone, this.steps); }
  move(from, to) {
    const step = from.pop();
    if (step) to.push(step);
    return step;
  }
}

/** The part of the picture that is left: what was cropped last, or all. */
export function frame(picture, steps) {
  return steps.findLast((s) => s.kind === "crop") ?? { x: 0, y: 0, w: picture.width, h: picture.height };
}

/** A step with a rectangle of whole pixels inside the bounds, its corners in any order. */
export function settled(step, bounds) {
  if (step.kind === "arrow" || step.kind === "text") return step;
  const clamp = (v, from, size) => Math.min(from + size, Math.max(from, v));
  const x1 = clamp(Math.floor(Math.min(step.x, step.x + step.w)), bounds.x, bounds.w);
  const y1 = clamp(Math.floor(Math.min(step.y, step.y + step.h)), bounds.y, bounds.h);
  const x2 = clamp(Math.ceil(Math.max(step.x, step.x + step.w)), bounds.x, bounds.w);
  const y2 = clamp(Math.ceil(Math.max(step.y, step.y + step.h)), bounds.y, bounds.h);
  return { ...step, x: x1, y: y1, w: x2 - x1, h: y2 - y1 };
}

/** Draws the picture with its steps; pending is one that is still being made. */
export function render(canvas, picture, steps, pending) {
  const f = frame(picture, steps);
  canvas.width = f.w;
  canvas.height = f.h;
  const pen = canvas.getContext("2d");
  pen.translate(-f.x, -f.y);
  pen.drawImage(picture, 0, 0);
  const scale = Math.max(f.w, f.h);
  for (const step of steps) draw(pen, picture, step, scale);
  if (pending) {
    if (pending.kind !== "crop") draw(pen, picture, settled(pending, f), scale);
    outline(pen, f, settled(pending, f), scale);
  }
}

function draw(pen, picture, step, scale) {
  const { x, y, w, h } = step;
  const width = Math.max(3, Math.round(scale / 160));
  if (step.kind === "black") {
    pen.fillStyle = "#000";
    pen.fillRect(x, y, w, h);
  } else if (step.kind === "blur" && w > 0 && h > 0) {
    pen.imageSmoothingEnabled = false;
    pen.drawImage(mosaic(picture, step), x, y, w, h);
  } else if (step.kind === "box") {
    twice(pen, step, width, () => pen.strokeRect(x, y, w, h));
  } else if (step.kind === "arrow") {
    twice(pen, step, width, () => arrow(pen, step, width));
  } else if (step.kind === "text") {
    words(pen, step, scale);
  }
}

/** Strokes in an ink on a wider, lighter or darker line, to be seen on any ground. */
function twice(pen, step, width, stroke) {
  pen.lineJoin = pen.lineCap = "round";
  pen.strokeStyle = step.ink === "yellow" ? "#111111" : "#ffffff";
  pen.lineWidth = width * 2;
  stroke();
  pen.strokeStyle = inks[step.ink];
  pen.lineWidth = width;
  stroke();
}

function arrow(pen, { x, y, w, h }, width) {
  const tip = [x + w, y + h];
  const angle = Math.atan2(h, w);
  const side = Math.min(Math.hypot(w, h) / 2, width * 6);
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(...tip);
  for (const turn of [2.6, -2.6]) {
    pen.moveTo(...tip);
    pen.lineTo(tip[0] + side * Math.cos(angle + turn), tip[1] + side * Math.sin(angle + turn));
  }
  pen.stroke();
}

function words(pen, step, scale) {
  const size = Math.max(16, Math.round(scale / 26));
  pen.font = `700 ${size}px system-ui, sans-serif`;
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  pen.strokeStyle = step.ink === "yellow" ? "#111111" : "#ffffff";
  pen.lineWidth = size / 4;
  pen.strokeText(step.text, step.x, step.y);
  pen.fillStyle = inks[step.ink];
  pen.fillText(step.text, step.x, step.y);
}

/** Shows where a step being made will be; around a crop all is dimmed. */
function outline(pen, f, { kind, x, y, w, h }, scale) {
  if (kind === "arrow" || kind === "text") return;
  const width = Math.max(1, scale / 600);
  if (kind === "crop") {
    pen.fillStyle = "rgb(0 0 0 / .55)";
    pen.beginPath();
    pen.rect(f.x, f.y, f.w, f.h);
    pen.rect(x, y, w, h);
    pen.fill("evenodd");
  }
  pen.lineWidth = width * 2;
  pen.strokeStyle = "#000";
  pen.strokeRect(x, y, w, h);
  pen.setLineDash([width * 5, width * 5]);
  pen.strokeStyle = "#fff";
  pen.strokeRect(x, y, w, h);
  pen.setLineDash([]);
}

/** How many cells a side is cut into: few enough to hold no letter. */
export function cells(side, short) {
  return Math.max(1, Math.floor(side / Math.max(coarse, short / 4)));
}

const mosaics = new WeakMap();

/**
 * The blurred area, a pixel for each cell: the mean of the cell in few levels.
 * Letters can be guessed from fine or smooth blurring, since fonts are known;
 * a line of text becomes one row of cells that each mix several letters.
 */
function mosaic(picture, step) {
  if (mosaics.has(step)) return mosaics.get(step);
  const { x, y, w, h } = step;
  const columns = cells(w, Math.min(w, h)), rows = cells(h, Math.min(w, h));
  const source = Object.assign(document.createElement("canvas"), { width: w, height: h });
  const reader = source.getContext("2d", { willReadFrequently: true });
  reader.fillStyle = "#fff";
  reader.fillRect(0, 0, w, h);
  reader.drawImage(picture, -x, -y);
  const pixels = reader.getImageData(0, 0, w, h).data;
  const sums = means(pixels, w, h, columns, rows);
  const out = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
  out.getContext("2d").putImageData(new ImageData(sums, columns, rows), 0, 0);
  mosaics.set(step, out);
  return out;
}

function means(pixels, w, h, columns, rows) {
  const sums = new Float64Array(columns * rows * 4);
  for (let y = 0; y < h; y++) {
    const row = Math.floor((y * rows) / h) * columns;
    for (let x = 0; x < w; x++) {
      const cell = (row + Math.floor((x * columns) / w)) * 4, at = (y * w + x) * 4;
      for (let i = 0; i < 3; i++) sums[cell + i] += pixels[at + i];
      sums[cell + 3]++;
    }
  }
  const width = 256 / levels;
  return Uint8ClampedArray.from(sums, (sum, i) => (i % 4 === 3 ? 255 : Math.floor(sum / sums[i - (i % 4) + 3] / width) * width + width / 2));
}
