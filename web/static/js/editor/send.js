// Brings a picture to the server over a connection that may be slow or break.
import { token } from "../dom.js";

const turns = 5; // until a person is asked
const firstPause = 1000; // milliseconds; doubled every time
const stillness = 30_000; // milliseconds without progress after which a connection is taken for dead
const askFrom = 256 * 1024; // bytes from which it is worth asking whether the server has them

/** What kept a picture from arriving. again: trying once more may help. */
export class Trouble extends Error {
  constructor(sentence, again, after = 0) {
    super(sentence);
    this.again = again;
    this.after = after;
  }
}

/**
 * Sends a picture until it has arrived, with growing pauses, and never what the
 * server has. progress gets parts of 1; waiting gets the Trouble before a pause;
 * held returns what this text has of that SHA-256, if anything.
 */
export async function deliver(blob, { name, signal, progress, waiting, held }) {
  const sha = await digest(blob);
  const here = sha && held(sha);
  if (here) return here;
  for (let turn = 1; ; turn++) {
    try {
      const there = sha && (turn > 1 || blob.size >= askFrom) && (await known(sha, signal));
      return there || (await send(blob, { name, sha, signal, progress }));
    } catch (trouble) {
      if (signal.aborted || !trouble.again || turn === turns) throw trouble;
      waiting(trouble);
      await pause(Math.max(firstPause * 2 ** (turn - 1), trouble.after * 1000), signal);
    }
  }
}

/** The SHA-256 of a file, or "" where the browser gives none: without encryption. */
async function digest(blob) {
  try {
    const sum = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
    return [...new Uint8Array(sum)].map((b) => b.toString(16).padStart(2, "0")).join("");
  } catch {
    return "";
  }
}

/**
 * Takes a picture back from the server, now or once there is a connection; gone
 * is called when it is. What a post shows stays, and what was not taken back goes
 * by itself in two days.
 */
export async function takeBack(id, gone) {
  const headers = { Accept: "application/json", "X-Csrf-Token": token() };
  const response = await fetch(`/uploads/${id}`, { method: "DELETE", headers, credentials: "same-origin", keepalive: true }).catch(() => null);
  if (response?.ok) gone();
  else if (!response) addEventListener("online", () => takeBack(id, gone), { once: true });
}

async function known(sha, signal) {
  const response = await fetch(`/uploads/known?sha256=${sha}`, { headers: { Accept: "application/json" }, credentials: "same-origin", signal })
    .catch(() => { throw new Trouble("There is no connection.", true); });
  return response.status === 200 ? response.json().catch(() => null) : null;
}

/** One try. fetch cannot tell how far an upload is. */
function send(blob, { name, sha, signal, progress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let watch;
    const alive = () => {
      clearTimeout(watch);
      watch = setTimeout(() => request.abort(), stillness);
    };
    const stop = () => request.abort();
    request.open("POST", "/uploads");
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-Csrf-Token", token());
    request.responseType = "json";
    request.upload.addEventListener("progress", (e) => {
      alive();
      if (e.lengthComputable) progress(e.loaded / e.total);
    });
    request.addEventListener("loadend", () => {
      clearTimeout(watch);
      signal.removeEventListener("abort", stop);
      if (request.response?.id && request.status < 300) resolve(request.response);
      else reject(trouble(request));
    });
    signal.addEventListener("abort", stop);
    if (signal.aborted) return reject(new Trouble("Cancelled.", false));
    const body = new FormData();
    if (sha) body.set("sha256", sha);
    body.set("picture", blob, name);
    alive();
    request.send(body);
  });
}

function trouble(request) {
  if (!request.status) return new Trouble("The connection broke.", true);
  const said = request.response?.detail;
  const later = request.status === 429 || request.status >= 500;
  return new Trouble(said || "The picture could not be taken in.", later || request.status === 408, Number(request.getResponseHeader("Retry-After")) || 0);
}

/** Waits; a connection that comes back ends the waiting. */
function pause(wait, signal) {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      if (signal.aborted) reject(new Trouble("Cancelled.", false));
      else resolve();
    };
    const timer = setTimeout(done, Math.min(wait, 60_000));
    addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
