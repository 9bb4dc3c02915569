// Keeps "3 min ago" true while the page stays open, and shows the pieces that need a script.
// Everything works without this file.
(() => {
  "use strict";
  const MINUTE = 60;
  const HOUR = 60 * MINUTE;
  const DAY = 24 * HOUR;

  // The page says its words in the reader's language, with places for what a script counts.
  const say = document.body.dataset;

  const amount = (seconds) => {
    if (seconds < HOUR) return say.minutes.replace("{count}", Math.max(1, Math.floor(seconds / MINUTE)));
    if (seconds < 2 * DAY) return say.hours.replace("{count}", Math.floor(seconds / HOUR));
    return say.days.replace("{count}", Math.floor(seconds / DAY));
  };

  const words = (seconds) => {
    if (seconds >= 0 && seconds < MINUTE) return say.now;
    if (seconds < 0 && seconds > -MINUTE) return say.soon;
    return (seconds < 0 ? say.in : say.ago).replace("{span}", amount(Math.abs(seconds)));
  };

  // What should have happened by now is not "next": it is said to be overdue, as the server does.
  const overdue = () => {
    for (const element of document.querySelectorAll("[data-due]")) {
      const seconds = (Date.now() - Date.parse(element.dataset.due)) / 1000;
      if (!(seconds >= MINUTE)) continue;
      const said = element.dataset.late.replace("{span}", amount(seconds));
      if (element.textContent === said) continue;
      const strong = document.createElement("strong");
      strong.textContent = said;
      element.replaceChildren(strong);
    }
  };

  const refresh = () => {
    overdue();
    for (const element of document.querySelectorAll("time[data-relative]")) {
      const at = Date.parse(element.dateTime);
      if (Number.isNaN(at)) continue;
      const said = words((Date.now() - at) / 1000);
      if (element.textContent !== said) element.textContent = said; // a status says only what is new
    }
  };

  refresh();
  setInterval(refresh, 15000);
  document.addEventListener("htmx:after:swap", refresh);
  document.addEventListener("wardlight:swap", refresh);
  // On a phone the pages stand in one line that moves sideways: show where one is.
  const here = document.querySelector(".head nav [aria-current]");
  const line = here ? here.closest("ul") : null;
  if (line) line.scrollLeft = here.offsetLeft - (line.clientWidth - here.offsetWidth) / 2;
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
})();
