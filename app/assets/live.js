// Keeps the inbox true while it stays open: a stream says which rows changed, and the page asks
// for them by the same route as ever. Rows never move, and one that somebody points at waits.
(() => {
  "use strict";
  const live = document.getElementById("live");
  if (!live || !window.EventSource) return;
  const said = live.dataset;
  const DEAD_AFTER = 30000;
  const TIERS = ["dq", "info", "yellow", "amber", "red"];
  const pointer = window.matchMedia("(hover: hover)"); // a finger points at nothing once it is lifted
  const bar = document.getElementById("new");
  const clock = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: said.zone,
  });

  let source = null;
  let seen = Number(said.seen);
  let heard = Date.now();
  let opened = 0; // when the stream was last asked for
  let heardOnce = false;
  let again = 0; // the timer of the next try
  let tries = 0;
  let target = said.here; // where the button leads: this list, or everybody
  const narrowed = said.query.includes("show="); // an act of somebody may bring a row into it
  let elsewhere = false; // another tab of the session has taken the stream
  const arrived = new Set(); // people who are new to the list
  const announced = new Set(); // alerts, each said once
  const asking = new Map(); // person: how to stop the question for their row
  const waiting = new Map(); // person: the row that takes the place of the one pointed at

  // --- the strip says whether the rows are live ---

  const alive = () => navigator.onLine && Date.now() - heard <= DEAD_AFTER;

  const paint = () => {
    const strip = document.getElementById("strip");
    const dead = !alive();
    document.body.classList.toggle("not-live", dead);
    document.body.classList.toggle("is-live", !dead && heardOnce && source !== null);
    let words = document.getElementById("not-live");
    if (!dead || !strip) {
      words?.remove();
      return;
    }
    if (words && strip.contains(words)) return;
    words = document.createElement("span");
    words.id = "not-live";
    const at = new Date(heard);
    const age = document.createElement("time");
    age.dateTime = at.toISOString();
    age.dataset.relative = "";
    age.setAttribute("aria-live", "off"); // it ticks; only that rows are not live is said
    words.append(`${said.stale.replace("{time}", clock.format(at))} (`, age, ")");
    strip.firstElementChild.prepend(words);
    document.dispatchEvent(new Event("wardlight:swap"));
  };

  const hear = () => {
    heard = Date.now();
    heardOnce = true;
    tries = 0;
    paint();
  };

  // --- rows ---

  const rowOf = (person) => document.querySelector(`#rows > [data-patient="${CSS.escape(person)}"]`);
  const inUse = (row) =>
    (pointer.matches && row.matches(":hover")) || row.contains(document.activeElement);
  const rank = (row) => TIERS.findIndex((tier) => row.classList.contains(`row-${tier}`));

  // A row that is older than it should be says so in words, not by its border alone.
  const doubt = (row) => {
    row.classList.add("row-waits");
    if (row.querySelector(".waits")) return;
    const words = document.createElement("p");
    words.className = "waits";
    words.textContent = said.waits;
    row.querySelector(".words")?.append(words);
  };

  const isOlder = (row, shown) =>
    Number(row.dataset.read ?? Infinity) < Number(shown.dataset.read ?? 0) ||
    (row.id === shown.id && Number(row.dataset.version ?? Infinity) < Number(shown.dataset.version ?? 0));

  const put = (person, row) => {
    const shown = rowOf(person);
    if (!shown || isOlder(row, shown)) return;
    if (inUse(shown)) {
      waiting.set(person, row);
      doubt(shown);
      return;
    }
    waiting.delete(person);
    shown.replaceWith(row);
    document.dispatchEvent(new Event("wardlight:swap"));
  };

  const settle = () => {
    for (const [person, row] of [...waiting]) put(person, row);
  };

  const ask = async (person, before = 0) => {
    const shown = rowOf(person);
    if (!shown) return;
    let answered = false;
    asking.get(person)?.abort();
    const stop = new AbortController();
    asking.set(person, stop);
    const address = `/inbox/rows/${shown.id.slice("alert-".length)}?place=${shown.dataset.place}&${said.query}`;
    try {
      const answer = await fetch(address, { headers: { "HX-Request": "true" }, signal: stop.signal });
      const away = answer.headers.get("HX-Redirect");
      if (away) window.location.assign(away);
      else if (answer.status === 404) window.location.reload();
      else if (answer.ok) {
        answered = true;
        const made = document.createElement("template");
        made.innerHTML = (await answer.text()).trim();
        const row = made.content.querySelector(".row");
        if (row) {
          row.dataset.place = shown.dataset.place;
          put(person, row);
        }
      }
    } catch {
      // Whoever asked again meanwhile has stopped this question; any other is asked again below.
    }
    if (asking.get(person) !== stop) return;
    asking.delete(person);
    if (answered) return;
    doubt(shown);
    window.setTimeout(() => { if (!asking.has(person)) ask(person, before + 1); }, 1000 * 2 ** Math.min(before + 1, 5));
  };

  // --- what is new ---

  // Browsers let a page sound only after somebody has touched it; until then the page says so.
  const tone = (() => {
    let audio = null;
    const hint = document.getElementById("sound-waits");
    const wake = () => {
      audio ??= new AudioContext();
      if (audio.state === "suspended") audio.resume();
      hint.hidden = true;
    };
    if (hint) {
      hint.hidden = false;
      for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, wake);
    }
    return () => {
      if (audio?.state !== "running") return;
      const note = audio.createOscillator();
      const volume = audio.createGain();
      note.frequency.value = 880;
      volume.gain.setValueAtTime(0.2, audio.currentTime);
      volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.4);
      note.connect(volume).connect(audio.destination);
      note.start();
      note.stop(audio.currentTime + 0.4);
    };
  })();

  const announce = (change) => {
    if (announced.has(change.alert)) return;
    announced.add(change.alert);
    const red = document.getElementById("red");
    red.textContent = ""; // the same words again are news only after a pause
    window.setTimeout(() => { red.textContent = said.red; }, 50);
    tone();
  };

  const offer = (words) => {
    bar.textContent = words;
    bar.hidden = false;
  };

  // Somebody who comes in, or whose row should stand higher than it does: rows never move.
  const arrive = (person, where) => {
    arrived.add(person);
    target = where === said.here && target === said.here ? where : "/inbox";
    if (target !== said.here) offer(said.outside);
    else offer(arrived.size === 1 ? said.one : said.many.replace("{count}", arrived.size));
  };

  const take = (change, read) => {
    const shown = rowOf(change.patient);
    const about = shown?.id === `alert-${change.alert}`;
    const known = about && change.version <= Number(shown.dataset.version);
    const red = change.new && change.tier === "RED";
    if (red && !(known && shown.classList.contains("row-red"))) announce(change);
    if (shown) {
      const graver = TIERS.indexOf(change.tier.toLowerCase()) > rank(shown);
      const back = about && shown.classList.contains("row-quiet");
      if (change.new && !known && (graver || back)) arrive(change.patient, said.here);
      if (!known || read >= Number(shown.dataset.read ?? 0)) ask(change.patient);
    } else if (change.listed && (change.new || narrowed)) arrive(change.patient, said.here);
    else if (red) arrive(change.patient, "/inbox");
  };

  bar.addEventListener("click", () => {
    if (target !== said.here) {
      window.location.assign(`${target}#rows`);
      return;
    }
    window.history.replaceState(null, "", `${said.here}#rows`);
    window.location.reload();
  });

  // --- the stream ---

  const close = () => {
    source?.close();
    source = null;
    window.clearTimeout(again);
  };

  const later = () => {
    close();
    tries += 1;
    again = window.setTimeout(open, Math.min(30000, 1000 * 2 ** tries) * (0.5 + Math.random() / 2));
  };

  function open() {
    close();
    opened = Date.now();
    source = new EventSource(`${said.stream}?seen=${seen}&${said.query}`);
    source.addEventListener("alive", hear);
    source.addEventListener("rows", (event) => {
      hear();
      const message = JSON.parse(event.data);
      seen = Math.max(seen, Number(event.lastEventId)); // what may still come is below
      for (const change of message.rows) take(change, message.read);
    });
    source.addEventListener("stale", (event) => {
      hear();
      seen = Math.max(seen, Number(event.lastEventId));
      offer(said.changed);
    });
    source.addEventListener("over", () => window.location.assign("/sign-in?ended=1"));
    source.addEventListener("rights", () => window.location.reload());
    source.addEventListener("again", later);
    source.addEventListener("elsewhere", () => { elsewhere = true; close(); });
    source.onerror = () => { if (source?.readyState === EventSource.CLOSED) later(); };
  }

  document.addEventListener("pointerout", () => window.setTimeout(settle));
  document.addEventListener("focusout", () => window.setTimeout(settle));
  document.addEventListener("htmx:after:swap", paint);
  window.addEventListener("offline", paint);
  window.addEventListener("online", open);
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  document.addEventListener("visibilitychange", () => {
    if (elsewhere && document.visibilityState === "visible") {
      elsewhere = false;
      open();
    }
  });
  // A connection that broke without a word never ends by itself: it is asked for again.
  const look = () => {
    paint();
    const now = Date.now();
    if (source && navigator.onLine && now - Math.max(heard, opened) > DEAD_AFTER) later();
  };
  window.setInterval(look, 1000);
  open();
})();
