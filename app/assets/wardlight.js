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
  // That a page goes on paper is written down before it does (SEC-16): by its button, and for
  // whoever uses the browser's own way. What cannot be written down the button does not print.
  const csrf = document.querySelector('input[name="csrf"]');
  const told = say.printed && csrf;
  const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
  const whose = () => {
    const found = new Set();
    for (const each of document.querySelectorAll("[data-patient]")) found.add(each.dataset.patient);
    for (const each of document.querySelectorAll('main a[href*="/patients/"], main a[href*="patient="]')) {
      for (const id of each.getAttribute("href").match(ID) || []) found.add(id);
    }
    return [...found];
  };
  // As many at a time as the server takes.
  const printed = () => {
    const ids = whose();
    const forms = [];
    do {
      const patients = ids.splice(0, 500).join(",");
      forms.push(new URLSearchParams({ csrf: csrf.value, page: location.pathname, patients }));
    } while (ids.length);
    return forms;
  };
  const send = async (form) => {
    const answer = await fetch(say.printed, { method: "POST", body: form, keepalive: true }).catch(() => null);
    return answer !== null && answer.status === 204;
  };
  let written = false;
  window.addEventListener("beforeprint", () => {
    if (!told || written) return;
    for (const form of printed()) navigator.sendBeacon(say.printed, form);
  });
  const print = async (button) => {
    const kept = told ? await Promise.all(printed().map(send)) : [];
    if (kept.includes(false)) {
      button.textContent = say.unprinted;
      return;
    }
    written = true;
    window.print();
    written = false;
  };
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print(button));
  }
})();
