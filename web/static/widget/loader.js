// Puts the community's search into another site's page, as a frame that grows
// with what it shows. Usage:
//   <script src="https://community/widget.js" data-space="ID" async></script>
// data-theme: light or dark (otherwise as the device says); data-target: a
// selector of the element to put it into; data-query: what to begin with.
(() => {
  const script = document.currentScript;
  if (!script) return;
  const home = new URL(script.src).origin;
  const { space = "", theme = "", query = "", target = "", label = "Find an answer" } = script.dataset;
  const frame = document.createElement("iframe");
  const address = new URL("/widget", home);
  for (const [name, value] of Object.entries({ space, theme, q: query })) if (value) address.searchParams.set(name, value);
  frame.src = address;
  frame.title = label;
  frame.loading = "lazy";
  frame.referrerPolicy = "strict-origin";
  Object.assign(frame.style, { border: "0", width: "100%", height: "12rem", display: "block", colorScheme: "normal" });
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== home) return;
    const height = event.data?.selfieHeight;
    if (Number.isFinite(height)) frame.style.height = `${Math.min(Math.max(height, 80), 4000)}px`;
  });
  const place = () => {
    const chosen = target && document.querySelector(target);
    if (chosen) chosen.append(frame);
    else if (script.isConnected && document.body?.contains(script)) script.after(frame);
    else document.body.append(frame);
  };
  if (document.body) place();
  else addEventListener("DOMContentLoaded", place);
})();
