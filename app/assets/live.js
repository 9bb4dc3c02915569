// Keeps the inbox true while it stays open: a stream says which rows changed, and the page asks
// for them by the same route as ever. Rows never move, and one that somebody points at waits.
(() => {
  "use strict";
  const live = document.getElementById("live");
  if (!live || !window.EventSource) return;
  const said = live.dataset;
  const DEAD_AFTER = 30000;
  const bar = document.getElementById("new");
  const clock = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: said.zone,
  });

  let source = null;
  let seen = Number(said.seen);
  let heard = Date.now();
  let again = 0; // the timer of the next try
  let tries = 0;
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
    document.body.classList.toggle("is-live", !dead && source !== null);
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
    words.append(`${said.stale.replace("{time}", clock.format(at))} (`, age, ")");
    strip.firstElementChild.prepend(words);
    document.dispatchEvent(new Event("wardlight:swap"));
  };

  const hear = () => {
    heard = Date.now();
    tries = 0;
    paint();
  };

  // --- rows ---

  const rowOf = (person) => document.querySelector(`#rows > [data-patient="${CSS.escape(person)}"]`);
  const inUse = (row) => row.matches(":hover") || row.contains(document.activeElement);

  const isOlder = (row, shown) =>
    Number(row.dataset.read ?? Infinity) < Number(shown.dataset.read ?? 0) ||
    (row.id === shown.id && Number(row.dataset.version ?? Infinity) < Number(shown.dataset.version ?? 0));

  const put = (person, row) => {
    const shown = rowOf(person);
    if (!shown || isOlder(row, shown)) return;
    if (inUse(shown)) {
      waiting.set(person, row);
      shown.classList.add("row-waits");
      return;
    }
    waiting.delete(person);
    shown.replaceWith(row);
    document.dispatchEvent(new Event("wardlight:swap"));
  };

  const settle = () => {
    for (const [person, row] of [...waiting]) put(person, row);
  };

  const ask = async (person) => {
    const shown = rowOf(person);
    if (!shown) return;
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
        const made = document.createElement("template");
        made.innerHTML = (await answer.text()).trim();
        const row = made.content.querySelector(".row");
        if (row) {
          row.dataset.place = shown.dataset.place;
          put(person, row);
        }
      }
    } catch {
      // Without an answer the row stays as it is; the strip says when rows are not live.
    } finally {
      if (asking.get(person) === stop) asking.delete(person);
    }
  };

  // --- what is new ---

  const tone = (() => {
    let audio = null;
    const wake = () => { audio ??= new AudioContext(); };
    if ("sound" in said) {
      for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, wake, { once: true });
    }
    return () => {
      if (!("sound" in said)) return;
      wake();
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
    document.getElementById("red").textContent = said.red;
    tone();
  };

  const offer = (words) => {
    bar.textContent = words;
    bar.hidden = false;
  };

  const take = (change, read) => {
    const shown = rowOf(change.patient);
    if (change.new && change.tier === "RED" && !shown?.classList.contains("row-red")) announce(change);
    if (shown) {
      const known = `alert-${change.alert}` === shown.id && change.version <= Number(shown.dataset.version);
      if (!known || read >= Number(shown.dataset.read ?? 0)) ask(change.patient);
    } else if (change.new && change.listed) {
      arrived.add(change.patient);
      offer(arrived.size === 1 ? said.one : said.many.replace("{count}", arrived.size));
    }
  };

  bar.addEventListener("click", () => {
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
    source = new EventSource(`${said.stream}?seen=${seen}&${said.query}`);
    source.addEventListener("alive", hear);
    source.addEventListener("rows", (event) => {
      hear();
      const message = JSON.parse(event.data);
      seen = Math.max(seen, message.read);
      for (const change of message.rows) take(change, message.read);
    });
    source.addEventListener("stale", () => { hear(); offer(said.changed); });
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
  window.setInterval(paint, 1000);
  open();
})();
