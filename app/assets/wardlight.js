// Keeps "3 min ago" true while the page stays open, and shows the pieces that need a script.
// Everything works without this file.
(() => {
  "use strict";
  const MINUTE = 60;
  const HOUR = 60 * MINUTE;
  const DAY = 24 * HOUR;

  const amount = (seconds) => {
    if (seconds < HOUR) return `${Math.max(1, Math.floor(seconds / MINUTE))} min`;
    if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)} h`;
    return `${Math.floor(seconds / DAY)} days`;
  };

  const words = (seconds) => {
    if (seconds >= 0 && seconds < MINUTE) return "just now";
    if (seconds < 0 && seconds > -MINUTE) return "in less than a minute";
    return seconds < 0 ? `in ${amount(-seconds)}` : `${amount(seconds)} ago`;
  };

  const refresh = () => {
    for (const element of document.querySelectorAll("time[data-relative]")) {
      const at = Date.parse(element.dateTime);
      if (!Number.isNaN(at)) element.textContent = words((Date.now() - at) / 1000);
    }
  };

  refresh();
  setInterval(refresh, 15000);
  document.addEventListener("htmx:after:swap", refresh);
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
})();
