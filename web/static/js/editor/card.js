// One picture on its way into a text: shrunk, sent, described, edited, removed.
import { $, make, postJSON, toast } from "../dom.js";
import { describe, has, putIn, takeOut } from "./marks.js";
import { deliver, takeBack } from "./send.js";
import { maxBytes, shrink, size, typeOf } from "./shrink.js";

const grace = 2000; // milliseconds in which one may still choose to edit before anything is sent
const thought = 10_000; // milliseconds that it lasts at most while one seems to be choosing
const label = "What does it show?";

export class Card {
  /**
   * host: {area, cards, taken, count(), say(text), refuse(sentences), busy(±1), line(job),
   * desk(job), editFirst(), hurry(), gone(card)}; what: {file}
   * for a picture of this device, {id, alt} for one that the text already has.
   */
  constructor(host, { file, id, alt = "" }) {
    this.host = host;
    this.file = file;
    this.name = !file?.name || file.name === "image.png" ? `Picture ${host.count()}` : file.name; // browsers give what is pasted that name
    this.alt = alt;
    this.place = -1;
    this.build();
    if (file) this.begin(file);
    else this.arrived({ id, thumb: `/images/${id}/320` });
  }

  build() {
    this.thumb = make("img", { alt: "", width: 72, height: 54 });
    this.thumb.addEventListener("error", () => this.row.classList.add("has-no-thumb"));
    this.title = make("p", { className: "upload-name", textContent: this.name });
    this.note = make("p", { className: "upload-note" });
    this.bar = make("progress", { max: 1, value: 0, "aria-label": `Sending ${this.name}` });
    this.body = make("div", { className: "upload-body" });
    this.edit = make("button", { type: "button", className: "pill", textContent: "Edit", "aria-label": `Edit ${this.name}`, onclick: () => this.paint() });
    this.again = make("button", { type: "button", className: "pill", textContent: "Try again", hidden: true, onclick: () => this.send(true) });
    this.drop = make("button", { type: "button", className: "pill bare", textContent: "✕", onclick: () => this.remove() });
    const acts = make("div", { className: "upload-acts" }, this.again, this.edit, this.drop);
    const head = make("div", { className: "upload-head" }, this.title, this.note);
    this.row = make("li", { className: "upload" }, this.thumb, head, acts, make("div", { className: "upload-main" }, this.bar, this.body));
  }

  /** Takes a file: of the device, or what editing made of it. */
  begin(file) {
    this.file = file;
    URL.revokeObjectURL(this.shown);
    this.row.classList.remove("has-no-thumb");
    this.thumb.src = this.shown = URL.createObjectURL(file);
    if (this.host.editFirst() && !this.edited) this.paint();
    else this.send();
  }

  /** Sends what the card holds, unless it is stopped before: after a moment, or now. */
  async send(now = this.edited) {
    const trip = (this.trip = new AbortController());
    const { signal } = trip;
    this.state("sending", "Getting ready…");
    this.host.busy(1);
    signal.addEventListener("abort", () => this.host.busy(-1), { once: true });
    try {
      const small = this.painted ? this.file : await shrink(this.file, this.host.known);
      if (small.size > maxBytes) throw new Error(`It has ${size(small.size)}; a picture may have ${size(maxBytes)}. Crop it or make it smaller.`);
      this.saved = small.size < this.file.size ? `${size(this.file.size)} → ${size(small.size)}` : size(small.size);
      if (!now) await this.pause(signal);
      const pic = await this.host.line(() => this.deliver(small, signal));
      if (!signal.aborted) this.arrived(pic);
    } catch (trouble) {
      if (!signal.aborted) this.failed(trouble);
    } finally {
      trip.abort();
    }
  }

  deliver(blob, signal) {
    if (signal.aborted) throw new Error("Cancelled.");
    this.state("sending", `Sending ${this.saved}`);
    return deliver(blob, {
      name: blob.name || "screenshot.png",
      signal,
      held: (sha) => this.host.cards.find((c) => c !== this && c.pic?.sha256 === sha)?.pic,
      progress: (part) => { this.bar.value = part; },
      waiting: (trouble) => {
        this.bar.removeAttribute("value");
        this.say(`${trouble.message} Trying again…`);
      },
    });
  }

  /** Waits a moment before sending; longer while the card is pointed at or has the focus. */
  async pause(signal) {
    if (this.host.hurry()) return;
    this.say("Sending in a moment. Edit first?");
    const tick = 100;
    for (let left = grace, whole = thought; left > 0 && whole > 0 && !signal.aborted && !this.host.hurry(); whole -= tick) {
      await new Promise((resolve) => setTimeout(resolve, tick));
      if (!this.row.matches(":hover, :focus-within")) left -= tick;
    }
  }

  failed(trouble) {
    this.state(trouble.again ? "failed" : "refused", "");
    this.body.replaceChildren(make("p", { className: "field-error", textContent: trouble.message }));
    this.again.hidden = !trouble.again;
    if (trouble.again) addEventListener("online", () => { if (this.state() === "failed") this.send(true); }, { once: true });
    this.host.say(`${this.name}: ${trouble.message}`);
  }

  arrived(pic) {
    if (this.host.cards.some((c) => c !== this && c.pic?.id === pic.id)) return this.remove(`${this.name} is in your text already.`);
    this.pic = pic;
    this.state("done", this.saved ?? "");
    if (pic.animated) this.say("It moves; its first picture is kept.");
    this.show(pic.thumb);
    const field = make("input", { id: `alt-${pic.id}`, maxLength: 300, value: this.alt, placeholder: "e.g. error 42 after pressing Start" });
    field.addEventListener("input", () => describe(this.host.area, pic.id, (this.alt = field.value)));
    field.addEventListener("change", () => this.saveAlt());
    field.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); }); // it would post
    this.field = field;
    this.body.replaceChildren(make("label", { htmlFor: field.id }, label, make("span", { className: "sr", textContent: ` (${this.name})` })), field);
    if (!has(this.host.area, pic.id)) this.intoText();
    if (this.file) {
      this.host.say(`${this.name} is in your text.`);
      if (this.alt) this.saveAlt();
      this.row.dispatchEvent(new CustomEvent("arrived", { bubbles: true, detail: this }));
    }
  }

  /** Shows the server's small picture once it is there; until then, the device's own. */
  show(address) {
    const small = new Image();
    small.onload = () => {
      if (this.pic?.thumb !== address && this.file) return;
      this.row.classList.remove("has-no-thumb");
      this.thumb.src = address;
    };
    small.src = address;
    if (!this.file) this.thumb.src = address;
  }

  saveAlt() {
    const body = new FormData();
    body.set("alt", this.alt);
    postJSON(`/uploads/${this.pic.id}/alt`, body).catch((e) => toast(e.message));
  }

  intoText() {
    const ids = (cards) => cards.map((c) => c.pic?.id).filter(Boolean);
    const at = this.host.cards.indexOf(this);
    putIn(this.host.area, this.pic.id, this.alt, { before: ids(this.host.cards.slice(0, at)), after: ids(this.host.cards.slice(at + 1)), at: this.place });
  }

  /** Follows what was done to the text by hand. */
  follow() {
    if (!this.pic || this.state() !== "done") return;
    const out = !has(this.host.area, this.pic.id);
    if (out === this.row.classList.contains("is-out")) return;
    this.row.classList.toggle("is-out", out);
    this.say(out ? "Not in your text any more." : this.saved ?? "");
    if (out) this.note.append(" ", make("button", { type: "button", className: "textual", textContent: "Put it back", onclick: () => this.intoText() }));
  }

  /** Opens the picture in the editor; nothing is sent while it is open, nor after it was left. */
  async paint(tool) {
    const sent = this.state() === "done";
    this.stop();
    this.state("editing", "");
    let made;
    try {
      made = await this.host.desk(async () => {
        const { paint } = await import("./paint/paint.js");
        return paint(this.original ?? this.file ?? (await this.fetch()), { name: this.name, steps: this.steps, tool, sent });
      });
    } catch (e) {
      toast(e.message);
    }
    if (made && made.file !== this.file) this.repaint(made);
    else if (sent) this.state("done", this.saved ?? "");
    else if (made) this.send(true);
    else this.hold();
  }

  /** Keeps a picture here until its owner says what is to become of it. */
  hold() {
    this.state("held", "Not sent.");
    this.again.hidden = false;
    this.again.textContent = "Send";
  }

  repaint({ file, steps, original }) {
    this.forget();
    Object.assign(this, { painted: steps.length > 0, edited: true, original, steps });
    this.body.replaceChildren();
    this.begin(file);
  }

  /** The picture as the server has it, for one that came with the draft. */
  async fetch() {
    const response = await fetch(`/images/${this.pic.id}/full`, { cache: "no-store" }).catch(() => null);
    if (!response?.ok) throw new Error("The picture could not be opened. Try again when you are connected.");
    const blob = await response.blob();
    return new File([blob], this.name, { type: blob.type });
  }

  /** Takes an earlier upload out of the text and back from the server, so that it is never posted. */
  forget() {
    if (!this.pic) return;
    const at = takeOut(this.host.area, this.pic.id);
    if (at >= 0) this.place = at;
    const { id } = this.pic;
    takeBack(id, () => this.host.taken.add(id));
    this.pic = undefined;
    this.row.classList.remove("is-out");
  }

  stop() { this.trip?.abort(); }

  remove(why = "") {
    const next = this.row.nextElementSibling ?? this.row.previousElementSibling;
    const focused = this.row.contains(document.activeElement);
    this.stop();
    this.forget();
    this.row.remove();
    URL.revokeObjectURL(this.shown);
    this.host.gone(this);
    if (why) this.host.refuse([why]);
    else this.host.say(`${this.name} is left out.`);
    if (focused) ($("button:not([hidden])", next ?? this.host.root) ?? this.host.area).focus({ preventScroll: true });
  }

  say(text) { this.note.textContent = text; }

  /** Reads the state, or changes it with what is said about it. */
  state(now, text = "") {
    if (now === undefined) return this.row.dataset.state ?? "";
    this.row.dataset.state = now;
    this.bar.hidden = now !== "sending";
    this.again.hidden = true;
    this.again.textContent = "Try again";
    this.edit.hidden = now === "refused" && !typeOf(this.file);
    this.drop.setAttribute("aria-label", now === "sending" ? `Cancel ${this.name}` : `Take ${this.name} out`);
    if (now === "sending") {
      this.bar.value = 0;
      this.body.replaceChildren();
    }
    this.say(text);
    return now;
  }
}
