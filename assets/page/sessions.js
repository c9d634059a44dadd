"use strict";
// Live sessions: what a look finds otherwise is put into the page (see live.js), and all else stays as it is: the
// focus, what is selected, unfolded and scrolled. Those that begin to wait are read out by screen readers.
(() => {
  const kept = new Map();  // what each section shows, as it came last
  const boxes = () => [...document.querySelectorAll("[data-live]")];
  const waiting = () => [...document.querySelectorAll("[data-waiting] li")].map((each) => each.textContent);
  let read = waiting();

  const keyOf = (node) => node.nodeType === Node.ELEMENT_NODE ? node.dataset.key || node.id : "";
  const isSame = (old, next) =>
    old.nodeType === next.nodeType && old.nodeName === next.nodeName && keyOf(old) === keyOf(next);

  // Makes `old` what `next` is, by the fewest changes.
  function morph(old, next) {
    if (old.isEqualNode(next)) return;
    if (old.nodeType !== Node.ELEMENT_NODE) { old.nodeValue = next.nodeValue; return; }
    for (const { name } of [...old.attributes]) {
      if (!next.hasAttribute(name) && !(name === "open" && old.matches("details"))) old.removeAttribute(name);
    }
    for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    morphChildren(old, next);
  }

  function morphChildren(old, next) {
    let at = old.firstChild;
    for (const wanted of [...next.childNodes]) {
      const key = keyOf(wanted);
      let found = at;
      while (found && !isSame(found, wanted) && (key || !keyOf(found))) found = found.nextSibling;
      if (!found || !isSame(found, wanted)) { old.insertBefore(wanted, at); continue; }
      if (key && found !== at) old.insertBefore(found, at);
      while (at && at !== found && !key) { const passed = at; at = at.nextSibling; passed.remove(); }
      if (at === found) at = at.nextSibling;
      morph(found, wanted);
    }
    while (at) { const passed = at; at = at.nextSibling; passed.remove(); }
  }

  function put() {
    const focused = document.activeElement;
    for (const box of boxes()) {
      const html = kept.get(box.dataset.live);
      if (html === undefined) continue;
      const next = document.createElement("div");
      next.append(new DOMParser().parseFromString(html, "text/html").body);
      morphChildren(box, next.firstChild);
    }
    if (focused && focused.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
    const now = waiting(), begun = now.filter((each) => !read.includes(each));
    if (begun.length || !now.length) document.getElementById("announced").textContent = begun.join(" ");
    read = now;
  }

  document.addEventListener("tankful:sessions", (event) => {
    for (const [name, html] of Object.entries(JSON.parse(event.detail))) kept.set(name, html);
    put();
  });
  document.addEventListener("tankful:sessions-of", () => kept.clear());  // of another address
  document.addEventListener("tankful:updated", put);
})();
