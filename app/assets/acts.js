// Counts the seconds down in which an act can be taken back, and suggests, never counts, the
// minutes since the page was opened. Nothing here moves the focus.
(() => {
  "use strict";
  const form = document.querySelector("form[data-undo]");
  if (form) {
    const button = form.querySelector("button");
    const over = performance.now() + Number(form.dataset.undo) * 1000;
    const tick = () => {
      const left = Math.ceil((over - performance.now()) / 1000);
      if (left > 0) button.textContent = form.dataset.words.replace("{count}", left);
      // A button that has the focus goes only after the focus has gone.
      else if (!form.contains(document.activeElement)) {
        form.hidden = true;
        clearInterval(timer);
      }
    };
    const timer = setInterval(tick, 250);
    tick();
  }

  const opened = Date.now();
  const hint = document.querySelector("[data-suggested]");
  const suggest = () => {
    const minutes = Math.min(Math.ceil((Date.now() - opened) / 60000), 120);
    for (const field of document.querySelectorAll("[data-minutes]")) field.placeholder = String(minutes);
    if (hint) {
      hint.textContent = hint.dataset.suggested.replace("{count}", minutes);
      hint.hidden = false;
    }
  };
  if (hint) {
    suggest();
    setInterval(suggest, 30000);
  }
})();
