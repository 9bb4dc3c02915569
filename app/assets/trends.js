// Makes the charts of a patient page move together: by buttons, by keys, and by dragging.
// What they show comes from one address, and is what the tables say. Without this file, or
// where the data cannot be fetched, the server's pictures stay.
(() => {
  "use strict";
  const root = document.getElementById("trends");
  if (!root || !window.uPlot || !window.trendLimits) return;
  const { source, zone, shown: shownWords, failed } = root.dataset;
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  const status = document.getElementById("trends-shown");
  const LEAST = 6 * 3600; // the closest look, in seconds
  const SHAPES = { RED: "triangle", AMBER: "diamond", YELLOW: "circle" };
  const day = new Intl.DateTimeFormat(language, { timeZone: zone, day: "numeric", month: "short" });
  const hour = new Intl.DateTimeFormat(language, { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const both = new Intl.DateTimeFormat(language, { timeZone: zone, day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  let charts = [];
  let whole = [0, 1];
  let view = whole;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // One column of instants; a line breaks at null, and skips what is undefined.
  const columns = (data) => {
    const instants = new Set();
    for (const strand of data.strands) {
      for (const [at] of [...strand.points, ...strand.unused]) instants.add(at);
      for (const at of strand.breaks) instants.add(at);
    }
    const xs = [...instants].sort((a, b) => a - b);
    const place = new Map(xs.map((at, index) => [at, index]));
    const table = [xs];
    for (const strand of data.strands) {
      const line = new Array(xs.length).fill(undefined);
      for (const at of strand.breaks) line[place.get(at)] = null;
      for (const [at, value] of strand.points) line[place.get(at)] = value;
      const unused = new Array(xs.length).fill(undefined);
      for (const [at, value] of strand.unused) unused[place.get(at)] = value;
      table.push(line, unused);
    }
    return table;
  };

  const range = (data) => (u, low, high) => {
    const [from, to] = view; // the scale of time itself may not be set yet
    const values = low === null ? [] : [low, high];
    for (const strand of data.strands) {
      for (const [since, until, bottom, top] of strand.bands) {
        if (until >= from && since <= to) values.push(bottom, top);
      }
      for (const [since, until, value] of strand.limits) {
        if (until >= from && since <= to) values.push(value);
      }
    }
    if (!values.length) return [0, 1];
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const air = (most - least) * 0.08 || Math.max(Math.abs(most) * 0.02, 0.5);
    return [least - air, most + air];
  };

  const clip = (u) => {
    const { left, top, width, height } = u.bbox;
    u.ctx.beginPath();
    u.ctx.rect(left, top, width, height);
    u.ctx.clip();
  };

  const behind = (data) => (u) => {
    const c = u.ctx;
    c.save();
    clip(u);
    for (const strand of data.strands) {
      for (const [since, until, low, high, provisional] of strand.bands) {
        const [x, y] = [u.valToPos(since, "x", true), u.valToPos(high, "y", true)];
        c.globalAlpha = provisional ? 0.55 : 1;
        c.fillStyle = colour("--band");
        c.fillRect(x, y, u.valToPos(until, "x", true) - x, u.valToPos(low, "y", true) - y);
      }
      c.globalAlpha = 1;
      window.trendLimits.lines(u, strand.limits, colour);
    }
    c.restore();
  };

  const shape = (c, kind, x, y, r) => {
    c.beginPath();
    if (kind === "triangle") c.moveTo(x, y - r), c.lineTo(x + r, y + r * 0.8), c.lineTo(x - r, y + r * 0.8), c.closePath();
    else if (kind === "diamond") c.moveTo(x, y - r), c.lineTo(x + r, y), c.lineTo(x, y + r), c.lineTo(x - r, y), c.closePath();
    else if (kind === "circle") c.arc(x, y, r * 0.8, 0, 2 * Math.PI);
    else c.rect(x - r * 0.75, y - r * 0.75, r * 1.5, r * 1.5);
  };

  const before = (data) => (u) => {
    const c = u.ctx;
    const { top, height, left, width } = u.bbox;
    const size = 6 * devicePixelRatio;
    const inside = (x) => x >= left && x <= left + width;
    c.save();
    c.lineWidth = 1.75 * devicePixelRatio;
    c.strokeStyle = colour("--ink-soft");
    for (const strand of data.strands) {
      for (const [at, value] of strand.unused) {
        const x = u.valToPos(at, "x", true);
        if (!inside(x)) continue;
        // What was not believed may lie far off: it is drawn at the edge, and told in the table.
        const y = Math.min(Math.max(u.valToPos(value, "y", true), top), top + height);
        const r = size * 0.6;
        c.beginPath();
        c.moveTo(x - r, y - r), c.lineTo(x + r, y + r), c.moveTo(x - r, y + r), c.lineTo(x + r, y - r);
        c.stroke();
      }
    }
    for (const [at, tier, ended, lift] of data.marks) {
      const x = u.valToPos(at, "x", true);
      if (!inside(x)) continue;
      const ink = colour({ RED: "--red", AMBER: "--amber", YELLOW: "--yellow" }[tier] || "--quiet");
      shape(c, SHAPES[tier] || "square", x, top + height - lift * 14 * devicePixelRatio, size);
      c.fillStyle = ended ? colour("--surface") : ink;
      c.strokeStyle = ink;
      c.fill();
      c.stroke();
    }
    window.trendLimits.names(u, data.strands.flatMap((strand) => strand.limits), colour);
    c.restore();
  };

  const axes = (data) => {
    const common = { stroke: () => colour("--ink-soft"), font: "12px system-ui, sans-serif", ticks: { show: false } };
    const tall = (at) => (view[1] - view[0] > 3 * 86400 ? day : both).format(new Date(at * 1000));
    return [
      { ...common, grid: { show: false }, space: 90, values: (_, splits) => splits.map(tall) },
      { ...common, size: 52, grid: { stroke: () => colour("--rule"), width: 1 }, values: (_, splits) => splits.map((value) => value.toFixed(data.decimals)) },
    ];
  };

  const options = (data, width) => ({
    width,
    height: 208,
    legend: { show: false },
    tzDate: (at) => window.uPlot.tzDate(new Date(at * 1000), zone),
    cursor: { drag: { x: true, y: false, setScale: false }, sync: { key: "trends", scales: ["x", null] }, points: { size: 7 } },
    scales: { x: { time: true, range: () => view }, y: { range: range(data) } },
    axes: axes(data),
    series: [
      {},
      ...data.strands.flatMap((_, index) => [
        { stroke: () => colour("--line"), width: 1.6, dash: index ? [5, 2] : [], points: { size: 4, fill: () => colour("--line") }, spanGaps: false },
        { auto: false, stroke: "transparent", paths: () => null, points: { show: false } },
      ]),
    ],
    hooks: {
      drawClear: [behind(data)],
      draw: [before(data)],
      setSelect: [
        (u) => {
          if (u.select.width < 8) return;
          look(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  });

  // Every chart shows the same span; no farther than the readings, no closer than some hours.
  const look = (from, to) => {
    const span = Math.min(Math.max(to - from, LEAST), whole[1] - whole[0]);
    const start = Math.min(Math.max((from + to - span) / 2, whole[0]), whole[1] - span);
    view = [start, start + span];
    for (const { plot } of charts) plot.setScale("x", { min: view[0], max: view[1] });
    const words = (at) => both.format(new Date(at * 1000));
    status.textContent = shownWords.replace("{from}", words(view[0])).replace("{to}", words(view[1]));
  };

  const moves = {
    earlier: ([from, to]) => look(from - (to - from) / 2, to - (to - from) / 2),
    later: ([from, to]) => look(from + (to - from) / 2, to + (to - from) / 2),
    closer: ([from, to]) => look(from + (to - from) / 4, to - (to - from) / 4),
    wider: ([from, to]) => look(from - (to - from) / 2, to + (to - from) / 2),
    whole: () => look(...whole),
  };
  const keys = { ArrowLeft: "earlier", ArrowRight: "later", "+": "closer", "=": "closer", "-": "wider", "−": "wider", 0: "whole" };

  const onKey = (event) => {
    const move = keys[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    moves[move](view);
  };

  const table = (card, data) => {
    const body = card.querySelector(".readings-held tbody");
    window.trendLimits.told(card, data);
    const paired = data.strands.length > 1;
    body.replaceChildren(
      ...data.rows.map(([iso, at, name, value, received, quality]) => {
        const row = document.createElement("tr");
        const time = document.createElement("time");
        time.dateTime = iso;
        time.textContent = at;
        for (const [text, kind] of [[time, "number-left"], ...(paired ? [[name]] : []), [value, "number"], [received], [quality]]) {
          const cell = document.createElement("td");
          if (kind) cell.className = kind;
          cell.append(text);
          row.append(cell);
        }
        return row;
      }),
    );
    card.querySelector(".count").textContent = data.count;
    card.querySelector("figcaption").textContent = data.caption;
    const picture = new DOMParser().parseFromString(data.picture, "image/svg+xml").documentElement;
    card.querySelector(".picture").replaceChildren(document.importNode(picture, true));
  };

  const draw = (card, data, fresh) => {
    if (!fresh) table(card, data);
    card.querySelector(".plot")?.remove();
    const frame = document.createElement("div");
    frame.className = "plot no-print";
    frame.tabIndex = 0;
    frame.setAttribute("role", "group");
    frame.setAttribute("aria-labelledby", `${card.id}-title`);
    frame.setAttribute("aria-describedby", "trends-keys");
    const image = document.createElement("div");
    image.setAttribute("role", "img");
    image.setAttribute("aria-label", data.label);
    frame.append(image);
    card.querySelector("figure").append(frame);
    card.classList.add("live");
    const plot = new window.uPlot(options(data, image.clientWidth), columns(data), image);
    frame.addEventListener("keydown", onKey);
    frame.trend = plot;
    return { plot, image };
  };

  const cards = () => [...root.querySelectorAll(".trend-card[data-key]")];

  const show = (found, fresh) => {
    for (const { plot } of charts) plot.destroy();
    whole = [Math.min(...found.charts.map((each) => each.start)), Math.max(...found.charts.map((each) => each.end))];
    view = whole;
    const known = new Map(found.charts.map((each) => [each.key, each]));
    charts = cards().map((card) => draw(card, known.get(card.dataset.key), fresh));
    for (const link of root.querySelectorAll("[data-range]")) {
      if (Number(link.dataset.range) === found.days) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    root.querySelector(".moves").hidden = false;
    document.getElementById("trends-keys").hidden = false;
    root.dataset.ready = String(found.days);
  };

  const fetched = async (days) => {
    const answer = await fetch(`${source}?days=${days}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || !(answer.headers.get("content-type") || "").includes("json")) throw new Error("not there");
    return answer.json();
  };

  const load = async (days, fresh) => {
    try {
      const found = await fetched(days);
      const same = found.charts.map((each) => each.key).join() === cards().map((card) => card.dataset.key).join();
      if (!same && !fresh) return location.assign(`?days=${days}#trends`);
      if (same && found.charts.length) show(found, fresh);
      if (!fresh) look(...whole);
    } catch {
      if (!fresh) status.textContent = failed;
    }
  };

  root.addEventListener("click", (event) => {
    const link = event.target.closest("[data-range]");
    const button = event.target.closest("[data-move]");
    if (button) moves[button.dataset.move](view);
    if (link && charts.length && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      load(Number(link.dataset.range), false);
    }
  });

  const redraw = () => charts.forEach(({ plot }) => plot.redraw(false, true));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributes: true });
  new ResizeObserver(() => {
    for (const { plot, image } of charts) {
      if (image.clientWidth && image.clientWidth !== plot.width) plot.setSize({ width: image.clientWidth, height: plot.height });
    }
  }).observe(root);
  load(Number(root.dataset.days), true);
})();
