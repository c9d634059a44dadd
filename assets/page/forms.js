"use strict";
// What a person types stays: the page is not replaced by a newer one while a form has something that is not saved.
(() => {
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-keep]");
    if (form) form.dataset.typed = "";
  });
  document.addEventListener("tankful:update", (event) => {
    if (document.querySelector("#main form[data-typed], #main form[data-keep] :focus")) event.preventDefault();
  });
})();
