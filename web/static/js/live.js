// Keeps the open thread up to date. The stream names what the page should show,
// so whatever was missed in between is fetched once.
import { $, toast } from "./dom.js";
import { add, adopt, exchange, load, parse } from "./parts.js";

const page = $("[data-live]");
if (page && "EventSource" in window) follow(page.dataset.live);

function follow(url) {
  let source = listen(url);
  // A refused stream (too many are open) is not tried again by the browser.
  setInterval(() => {
    if (!document.hidden && source.readyState === EventSource.CLOSED && !source.over) source = listen(url);
  }, 60_000);
  // A page in the background needs no connection; browsers allow few of them.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source.close();
    else if (source.readyState === EventSource.CLOSED) source = listen(url);
  });
  addEventListener("pagehide", () => source.close());
}

function listen(url) {
  const source = new EventSource(url);
  // Parts that arrive while the page is fetched are newer than it: they wait.
  let caughtUp = Promise.resolve();
  source.addEventListener("state", (event) => {
    const parts = JSON.parse(event.data);
    const behind = parts.some(({ id, key }) => document.getElementById(id)?.dataset.key !== key);
    if (behind) caughtUp = catchUp();
  });
  source.addEventListener("parts", async (event) => {
    await caughtUp;
    const fresh = [];
    for (const part of JSON.parse(event.data)) {
      const node = parse(part.html);
      const here = document.getElementById(part.id);
      if (here) exchange(here, node);
      else if (part.id.startsWith("post-")) fresh.push([add(node), part.say]);
    }
    announce(fresh.map(([node]) => node), fresh[0]?.[1]);
  });
  source.addEventListener("end", () => {
    source.over = true;
    source.close();
  });
  return source;
}

async function catchUp() {
  const { response, page } = await load(location.pathname + location.search).catch(() => ({}));
  if (response?.ok) announce(adopt(page));
}

function announce(nodes, sentence) {
  const first = nodes.find(Boolean);
  if (!first) return;
  toast(sentence || "There is a new answer", `#${first.id}`);
  const title = $("#answers-title");
  const count = document.querySelectorAll("[data-answers] > .answer").length;
  if (title) title.textContent = count === 1 ? "1 answer" : `${count} answers`;
}
