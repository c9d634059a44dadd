"use strict";
// Keeps the page up to date: on an event the same address is fetched again, and what changed replaces <main>.
// A hidden tab has no connection and does nothing; it says so, for the page ends a minute after its last tab.
(() => {
  const name = Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(16)).join("");
  let source = null, asked = false, again = false;

  const address = new URL(location.href);
  if (address.searchParams.has("note")) {
    address.searchParams.delete("note");  // a reload does not say it again
    history.replaceState(history.state, "", address);
  }
  const generation = () => document.documentElement.dataset.generation || "";
  const tell = (what) => navigator.sendBeacon("/do/tab", new URLSearchParams({ tab: name, is: what }));

  async function refresh() {
    if (asked) { again = true; return; }
    asked = true;
    try {
      const answer = await fetch(location.href, { headers: { "accept": "text/html" } });
      if (answer.ok) show(await answer.text());
    } catch { /* the server ended: the stream says so */ }
    asked = false;
    if (again) { again = false; refresh(); }
  }

  function show(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const next = page.getElementById("main"), main = document.getElementById("main");
    if (!next || !main) return;
    document.documentElement.dataset.generation = page.documentElement.dataset.generation || "";
    if (document.dispatchEvent(new CustomEvent("tankful:update", { cancelable: true, detail: page }))) {
      main.replaceWith(next);
    }
    document.dispatchEvent(new CustomEvent("tankful:updated"));
  }

  function progressed(event) {
    const share = event.data;
    for (const each of document.querySelectorAll("[data-progress]")) {
      each.hidden = share === "";
      const bar = each.querySelector("progress"), text = each.querySelector("[data-progress-text]");
      if (bar) bar.value = Number(share);
      if (text) text.textContent = `${share} %`;
    }
    document.dispatchEvent(new CustomEvent("tankful:progress", { detail: share }));
  }

  function ended(is) {
    for (const each of document.querySelectorAll("[data-ended]")) each.hidden = !is;
  }

  function listen() {
    if (source || document.hidden) return;
    const members = new URLSearchParams({ tab: name, seen: generation() });
    source = new EventSource(`/events?${members}`);
    source.addEventListener("open", () => ended(false));
    source.addEventListener("error", () => ended(true));
    source.addEventListener("changed", refresh);
    source.addEventListener("progress", progressed);
  }

  function close(what) {
    tell(what);
    if (source) source.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => document.hidden ? close("hidden") : listen());
  addEventListener("pagehide", () => close("closed"));
  addEventListener("pageshow", listen);
  window.tankful = { refresh };
  listen();
})();
