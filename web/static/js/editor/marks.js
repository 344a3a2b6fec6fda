// Where pictures stand in a text: ![what it shows](/images/ID). The text is what
// drafts keep, so it alone says which pictures a post has.

const pattern = /!\[([^\]\n]*)\]\(\/images\/([a-z0-9]{10,40})\)/g;
const unnamed = "screenshot";

/** Lists the pictures of a text in their order. */
export function marks(text) {
  return [...text.matchAll(pattern)].map((m) => ({ id: m[2], alt: m[1] === unnamed ? "" : m[1], start: m.index, end: m.index + m[0].length }));
}

const find = (area, id) => marks(area.value).find((m) => m.id === id);

/** Tells whether a text shows a picture. */
export const has = (area, id) => Boolean(find(area, id));

const markOf = (id, alt) => `![${alt.replace(/[[\]\\\n]/g, " ").trim() || unnamed}](/images/${id})`;

/** Gives a picture of the text another description. */
export function describe(area, id, alt) {
  const m = find(area, id);
  if (m) write(area, markOf(id, alt), m.start, m.end);
}

/** Takes a picture out of the text; returns where it stood, or -1. */
export function takeOut(area, id) {
  const m = find(area, id);
  if (!m) return -1;
  const start = area.value.slice(0, m.start).replace(/\n+$/, "").length;
  const end = m.end + area.value.slice(m.end).match(/^\n*/)[0].length;
  const between = start === 0 || end === area.value.length ? "" : "\n\n";
  write(area, between, start, end);
  return start;
}

/**
 * Puts a picture into the text as a paragraph of its own: after the pictures
 * that stand before it, else before those after it, else at a place, else below
 * the line in which the cursor is. The cursor and the focus stay.
 */
export function putIn(area, id, alt, { before = [], after = [], at = -1 } = {}) {
  const list = marks(area.value);
  const previous = list.findLast((m) => before.includes(m.id));
  const next = list.find((m) => after.includes(m.id));
  let spot = at;
  if (previous) spot = previous.end;
  else if (next) spot = next.start;
  else if (spot < 0 || spot > area.value.length) spot = lineEnd(area.value, area.selectionEnd);
  const head = area.value.slice(0, spot);
  const tail = area.value.slice(spot);
  const lead = head.trim() ? "\n\n".slice(Math.min(2, head.length - head.replace(/\n+$/, "").length)) : "";
  const rest = "\n\n".slice(Math.min(2, tail.match(/^\n*/)[0].length));
  write(area, lead + markOf(id, alt) + rest, spot, spot);
}

function lineEnd(text, from) {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

/** Replaces a part of the text; where the text has the focus, undo still works. */
function write(area, text, start, end) {
  const cursor = [area.selectionStart, area.selectionEnd];
  const moved = (at) => (at <= start ? at : Math.max(start, at + text.length - (end - start)));
  const atEnd = cursor[0] === area.value.length && cursor[1] === cursor[0];
  let written = false;
  if (document.activeElement === area) {
    area.setSelectionRange(start, end);
    written = document.execCommand?.(text ? "insertText" : "delete", false, text);
  }
  if (!written) {
    area.setRangeText(text, start, end, "preserve");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (atEnd) area.setSelectionRange(area.value.length, area.value.length);
  else area.setSelectionRange(moved(cursor[0]), moved(cursor[1]));
}
