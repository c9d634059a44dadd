"use strict";
// Keeps the page up to date: on an event the same address is fetched again, and what changed replaces <main>.
// A hidden tab has no connection and does nothing; it says so, for the page ends a minute after its last tab.
// Where the server does not answer, a banner says what to do, and it is asked again: ever more seldom, up to a minute.
(() => {
  const FIRST_SECONDS = 1, MOST_SECONDS = 60, PATIENCE_SECONDS = 30;
  const name = Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(16)).join("");
  let source = null, asked = false, again = false, left = false, timer = null;
  let heard = null;
  let seconds = FIRST_SECONDS, shownAt = new Date();

  const address = new URL(location.href);
  if (address.searchParams.has("note")) {
    address.searchParams.delete("note");  // a reload does not say it again
    history.replaceState(history.state, "", address);
  }
  const generation = () => document.documentElement.dataset.generation || "";
  const sessionsOf = () => document.querySelector("[data-live]") ? location.search : null;
  const tell = (what) => navigator.sendBeacon("/do/tab", new URLSearchParams({ tab: name, is: what }));

  // Whether the page shows the present numbers, or soon will.
  async function refresh() {
    if (asked) { again = true; return true; }
    asked = true;
    let is = "lost";
    try {
      const signal = AbortSignal.timeout(PATIENCE_SECONDS * 1000);
      const answer = await fetch(location.href, { headers: { "accept": "text/html" }, signal });
      const text = await answer.text();
      is = answer.ok ? "" : answer.status === 401 || answer.status === 403 ? "refused" : "failed";
      if (!is) show(text);
    } catch { /* nobody answers */ }
    asked = false;
    connection(is);
    if (again) { again = false; return refresh(); }
    return is === "";
  }

  function connection(is) {
    if (left) return;  // what was asked when the page was left is not answered
    if (!is) { seconds = FIRST_SECONDS; shownAt = new Date(); }
    for (const each of document.querySelectorAll("#connection [data-is]")) {
      each.hidden = each.dataset.is !== is;
      each.querySelector("time").textContent = shownAt.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    }
  }

  function retryLater() {
    if (source) source.close();
    source = null;
    clearTimeout(timer);
    if (document.hidden || left) return;
    timer = setTimeout(retry, seconds * 1000);
    seconds = Math.min(2 * seconds, MOST_SECONDS);
  }

  async function retry() {
    clearTimeout(timer);
    if (await refresh()) listen(); else retryLater();
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

  function listen() {
    if (source || document.hidden) return;
    const members = new URLSearchParams({ tab: name, seen: generation() });
    heard = sessionsOf();
    if (heard !== null) members.set("live", heard);
    document.dispatchEvent(new CustomEvent("tankful:sessions-of"));
    source = new EventSource(`/events?${members}`);
    source.addEventListener("open", () => connection(""));
    source.addEventListener("error", retryLater);
    source.addEventListener("changed", async () => { if (!await refresh()) retryLater(); });
    source.addEventListener("progress", progressed);
    source.addEventListener("sessions", (event) => {
      document.dispatchEvent(new CustomEvent("tankful:sessions", { detail: event.data }));
    });
  }

  // Other filters, or another tab of the page: other sessions.
  function listenAnew() {
    if (!source || sessionsOf() === heard) return;
    source.close();
    source = null;
    listen();
  }

  function close(what) {
    tell(what);
    clearTimeout(timer);
    if (source) source.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => document.hidden ? close("hidden") : listen());
  addEventListener("pagehide", () => { left = true; close("closed"); });
  addEventListener("pageshow", () => { left = false; listen(); });
  addEventListener("online", () => { if (!source) retry(); });
  document.addEventListener("tankful:updated", listenAnew);
  window.tankful = { refresh };
  document.addEventListener("tankful:lost", () => { connection("lost"); retryLater(); });
  document.getElementById("connection").addEventListener("click", (event) => { if (event.target.matches("button")) retry(); });
  listen();
})();
