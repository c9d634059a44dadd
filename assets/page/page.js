"use strict";
// What a script adds to a page that works without it: filters that apply at once, tables that sort in place, keys,
// tips, days that the arrow keys go through, and updates (see live.js) that leave all as the person has it.
(() => {
  const main = () => document.getElementById("main");
  const stored = (key, value) => {
    try {
      if (value === undefined) return sessionStorage.getItem(key);
      sessionStorage.setItem(key, value);
    } catch { /* storage is switched off */ }
    return null;
  };

  // Forms: on a change, and without members that are empty.
  document.documentElement.classList.add("scripted");
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-submit]");
    if (form) form.requestSubmit();
  });
  document.addEventListener("formdata", (event) => {
    if (event.target.method !== "get") return;
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });

  // An update leaves the focus, what is open and how far boxes are scrolled as they are.
  const isField = (each) => each && each.matches("input:not([type=hidden]), select, textarea");
  const keyOf = (each) => {
    const place = each.closest("section, .filters, header, footer");
    const heading = place && (place.getAttribute("aria-labelledby") || place.className || place.localName);
    const text = each.id || each.getAttribute("name") || each.getAttribute("aria-label") ||
      (each.localName === "details" ? each.querySelector("summary") : each).textContent.trim().slice(0, 200);
    return `${heading || ""}|${each.localName}|${each.className}|${text}`;
  };
  const byKey = (root, selector) => {
    const found = new Map();
    for (const each of root.querySelectorAll(selector)) {
      const key = keyOf(each);
      let number = 0;
      while (found.has(`${key}|${number}`)) number += 1;
      found.set(`${key}|${number}`, each);
    }
    return found;
  };
  const FOCUSABLE = "a[href], button, summary, input, select, textarea, [tabindex]";

  function replace(page) {
    const before = main(), next = page.getElementById("main");
    const open = new Map([...byKey(before, "details")].map(([key, each]) => [key, each.open]));
    const boxes = new Map([...byKey(before, ".scroll")].map(([key, each]) => [key, [each.scrollLeft, each.scrollTop]]));
    const focused = [...byKey(before, FOCUSABLE)].find(([, each]) => each === document.activeElement);
    before.replaceWith(next);
    for (const [key, each] of byKey(next, "details")) if (open.has(key)) each.open = open.get(key);
    for (const [key, each] of byKey(next, ".scroll")) {
      if (boxes.has(key)) [each.scrollLeft, each.scrollTop] = boxes.get(key);
    }
    const again = focused && byKey(next, FOCUSABLE).get(focused[0]);
    if (again) again.focus({ preventScroll: true });
    for (const name of ["top", "foot"]) {
      const [there, here] = [page.getElementById(name), document.getElementById(name)];
      if (there && here && !here.contains(document.activeElement)) here.replaceWith(there);
    }
    document.title = page.title;
    hideTip();
  }

  // What is typed into a form and not saved yet stays: no update replaces it.
  document.addEventListener("input", (event) => {
    const form = event.target.closest && event.target.closest("form[data-keep]");
    if (form) form.dataset.typed = "";
  });
  const isTyped = () => main().querySelector("form[data-typed]") !== null;
  let waiting = null;
  document.addEventListener("tankful:update", (event) => {
    event.preventDefault();
    const typing = isField(document.activeElement) && main().contains(document.activeElement);
    if (typing || isTyped()) waiting = event.detail;
    else replace(event.detail);
  });
  document.addEventListener("focusout", () => setTimeout(() => {
    if (!waiting || isTyped() || isField(document.activeElement)) return;
    const page = waiting;
    waiting = null;
    replace(page);
  }));

  // Links that stay on the same tab: sorting, opening, filters.
  let asked = 0;
  async function go(address, push) {
    const number = asked += 1;
    let answer, text;
    try {
      answer = await fetch(address, { headers: { "accept": "text/html" } });
      text = await answer.text();
    } catch {
      document.dispatchEvent(new CustomEvent("tankful:lost"));  // better than an empty page of the browser
      return;
    }
    try {
      if (number !== asked) return;
      const page = new DOMParser().parseFromString(text, "text/html");
      if (!answer.ok || !page.getElementById("main")) throw new Error("no page");
      if (push) history.pushState(null, "", address);
      waiting = null;
      document.documentElement.dataset.generation = page.documentElement.dataset.generation || "";
      replace(page);
      document.dispatchEvent(new CustomEvent("tankful:updated"));
    } catch {
      location.assign(address);  // a real request shows what is wrong
    }
  }
  const tabOf = (address) => new URL(address, location.href).searchParams.get("tab") || "";
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("#main a[href]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey ||
        event.altKey || link.target || link.origin !== location.origin || link.pathname !== "/" || link.hash ||
        link.hasAttribute("download")) return;
    if (tabOf(link.href) !== tabOf(location.href)) return;
    event.preventDefault();
    go(link.href, true);
  });
  addEventListener("popstate", () => go(location.href, false));

  // What was unfolded stays so when the tab is opened again.
  const unfolded = () => new Set(JSON.parse(stored("tankful.open") || "[]"));
  const folds = () => [...byKey(main(), "details:not(.days)")].map(([key, each]) => [`${tabOf(location.href)}|${key}`, each]);
  document.addEventListener("toggle", (event) => {
    const found = folds().find(([, each]) => each === event.target);
    if (!found) return;
    const all = unfolded();
    if (event.target.open) all.add(found[0]); else all.delete(found[0]);
    stored("tankful.open", JSON.stringify([...all].slice(-100)));
  }, true);
  function unfold() {
    const all = unfolded();
    for (const [key, each] of folds()) if (all.has(key)) each.open = true;
  }

  // Keys, but not while somebody types.
  const press = (name) => {
    const form = document.querySelector(`form[data-key="${name}"]`);
    if (form) form.requestSubmit();
    return Boolean(form);
  };
  function close() {
    const folded = [...document.querySelectorAll("details.days[open], details.keys[open]")];
    for (const each of folded) { each.open = false; each.querySelector("summary").focus(); }
    if (folded.length) return true;
    const inside = document.activeElement && document.activeElement.closest("details[open]");
    if (inside) { inside.open = false; inside.querySelector("summary").focus(); return true; }
    const row = [...document.querySelectorAll("a.opener[aria-expanded=true]")].pop();
    if (row) row.click();
    return Boolean(row);
  }
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      hideTip();
      if (close()) event.preventDefault();
      return;
    }
    if (isField(event.target) || event.target.isContentEditable || document.querySelector("dialog[open]")) return;
    if (event.key === "?") {
      const keys = document.querySelector("details.keys");
      if (keys) { keys.open = !keys.open; keys.querySelector("summary").focus(); }
    } else if (moved(event) || press(event.key)) event.preventDefault();
  });

  // A heatmap is one stop of the Tab key; in it the arrow keys go from day to day.
  const STEPS = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -7, ArrowRight: 7, PageUp: -28, PageDown: 28, Home: -1e6, End: 1e6 };
  function moved(event) {
    const box = event.target.closest && event.target.closest(".heatmap");
    if (!box || !(event.key in STEPS)) return false;
    const days = [...box.querySelectorAll(".day")], now = days.findIndex((each) => each.matches(".is-at"));
    const place = now < 0 ? days.length - 1 : Math.min(Math.max(now + STEPS[event.key], 0), days.length - 1);
    mark(box, days[place]);
    return true;
  }
  function mark(box, day) {
    for (const each of box.querySelectorAll(".is-at")) each.classList.remove("is-at");
    if (!day) return;
    day.classList.add("is-at");
    day.scrollIntoView({ block: "nearest", inline: "nearest" });
    const at = day.getBoundingClientRect();
    showTip(textOf(day), at.left + at.width / 2, at.top);
    let said = box.parentElement.querySelector("[data-said]");
    if (!said) {
      said = Object.assign(document.createElement("p"), { className: "unseen" });
      said.setAttribute("role", "status");
      said.dataset.said = "";
      box.after(said);
    }
    said.textContent = textOf(day);
  }
  document.addEventListener("focusin", (event) => {
    if (event.target.matches(".heatmap") && event.target.matches(":focus-visible")) {
      mark(event.target, [...event.target.querySelectorAll(".day")].pop());
    }
  });
  document.addEventListener("focusout", (event) => {
    if (event.target.matches(".heatmap")) { mark(event.target, null); hideTip(); }
  });

  // Tips: at once, where a browser's own would take a second.
  const tip = Object.assign(document.createElement("div"), { className: "tip", hidden: true });
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);
  function textOf(each) {
    const title = each.querySelector(":scope > title");
    if (title) { each.dataset.tip = title.textContent; title.remove(); }
    return each.dataset.tip || "";
  }
  function showTip(text, x, y) {
    tip.textContent = text;
    tip.hidden = !text;
    const half = tip.offsetWidth / 2 + 8;
    tip.style.left = `${Math.min(Math.max(x, half), innerWidth - half)}px`;
    tip.style.top = `${y - tip.offsetHeight - 8 < 0 ? y + 20 : y - tip.offsetHeight - 8}px`;
  }
  function hideTip() { tip.hidden = true; }
  document.addEventListener("pointermove", (event) => {
    let each = event.target, text = "";
    while (!text && each instanceof SVGElement) { text = textOf(each); each = each.parentNode; }
    if (text) showTip(text, event.clientX, event.clientY);
    else hideTip();
  }, { passive: true });
  document.addEventListener("pointerleave", hideTip);
  addEventListener("scroll", hideTip, { passive: true });

  // What is chosen is in sight where its bar is wider than the window.
  function showChosen() {
    for (const each of document.querySelectorAll(".tabs [aria-current], .choice [aria-current]")) {
      const bar = each.parentElement, over = each.offsetLeft + each.offsetWidth - bar.offsetLeft - bar.clientWidth;
      if (over > 0) bar.scrollLeft = over + 24;
    }
  }

  // A button copies what stands before it, or at least selects it.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest && event.target.closest("button[data-copy]");
    if (!button) return;
    const text = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(text);
    }
  });

  document.addEventListener("tankful:updated", showChosen);
  unfold();
  showChosen();
})();
