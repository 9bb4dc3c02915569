// Warns before a session ends, and keeps what was typed on the page when it did (WCAG 2.2.1).
// Nothing is stored in the browser. Everything works without this file: a form that comes too
// late is answered with what was typed in it.
(() => {
  "use strict";
  const box = document.getElementById("session");
  if (!box) return;
  const IDLE_WARNING = 120;
  const ABSOLUTE_WARNING = 300;
  const EARLY = 2; // seconds before the server ends it, so that the page knows first

  let read = Date.now();
  let left = { idle: Number(box.dataset.idle), absolute: Number(box.dataset.absolute) };
  let ended = false;
  let asking = false;
  let typed = false;

  const seconds = (name) => left[name] - (Date.now() - read) / 1000 - EARLY;

  const say = (name) => {
    for (const each of box.querySelectorAll("[data-say]")) each.hidden = each.dataset.say !== name;
    box.hidden = !name;
  };

  document.addEventListener("input", (event) => {
    if (!box.contains(event.target)) typed = true;
  });

  // The questions that a page asks by itself would lead away from what was typed.
  document.addEventListener("htmx:before:request", (event) => {
    if (ended) event.preventDefault();
  });

  const over = () => {
    if (ended) return;
    ended = true;
    if (!typed) {
      window.location.assign(`/sign-in?ended=1&to=${encodeURIComponent(window.location.pathname)}`);
      return;
    }
    say("ended");
  };

  const heard = (said) => {
    if (said.who !== box.dataset.who) {
      window.location.reload(); // somebody else sits here now
      return;
    }
    left = said;
    read = Date.now();
    for (const field of document.querySelectorAll("input[name=csrf]")) field.value = said.csrf;
    say(ended ? "back" : "");
    ended = false;
  };

  const ask = async (path, options) => {
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch(path, { cache: "no-store", headers: { Accept: "application/json" }, ...options });
      if (answer.ok) heard(await answer.json());
      else if (answer.status === 401) over();
    } catch {
      if (seconds("idle") <= 0 || seconds("absolute") <= 0) over(); // not reached: by our own clock
    } finally {
      asking = false;
    }
  };

  box.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    ask("/session/stay", { method: "POST", body: new URLSearchParams(new FormData(event.target)) });
  });

  let asked = false; // once before each warning: another tab may have kept the session alive
  const look = async () => {
    if (ended) return;
    if (seconds("idle") <= 0 || seconds("absolute") <= 0) {
      await ask("/session");
      if (seconds("idle") <= 0 || seconds("absolute") <= 0) over();
      return;
    }
    const idle = seconds("idle") <= IDLE_WARNING;
    const absolute = seconds("absolute") <= ABSOLUTE_WARNING;
    if (!idle && !absolute) {
      asked = false;
      return;
    }
    if (!asked) {
      asked = true;
      await ask("/session");
    }
    if (ended || !box.hidden) return;
    if (seconds("idle") <= IDLE_WARNING) say("idle");
    else if (seconds("absolute") <= ABSOLUTE_WARNING) say("absolute");
  };

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && (ended || seconds("idle") <= IDLE_WARNING)) ask("/session");
  });
  window.addEventListener("focus", () => {
    if (ended) ask("/session");
  });
  setInterval(look, 1000);
})();
