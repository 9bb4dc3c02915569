// The limits of the charts of a patient page: their lines, told apart by colour and by dashes,
// their names beside them, and what the legend and the table say of them.
(() => {
  "use strict";
  const DASHES = { RED: [11, 3], AMBER: [5, 3], YELLOW: [1.5, 3] };
  const INKS = { RED: "--red", AMBER: "--amber", YELLOW: "--yellow" };
  const SVG = "http://www.w3.org/2000/svg";

  const lines = (u, limits, colour) => {
    const c = u.ctx;
    for (const [since, until, value, tier, , given] of limits) {
      const y = u.valToPos(value, "y", true);
      c.strokeStyle = colour(INKS[tier] || "--limit");
      c.lineWidth = (given ? 1 : 1.75) * devicePixelRatio;
      c.setLineDash((DASHES[tier] || [4, 3]).map((each) => each * devicePixelRatio));
      c.beginPath();
      c.moveTo(u.valToPos(since, "x", true), y);
      c.lineTo(u.valToPos(until, "x", true), y);
      c.stroke();
    }
    c.setLineDash([]);
  };

  // Each name stands above its line where that begins; none over another.
  const names = (u, limits, colour) => {
    const c = u.ctx;
    const { left, width, top, height } = u.bbox;
    const unit = devicePixelRatio;
    const placed = [];
    c.font = `600 ${11 * unit}px system-ui, sans-serif`;
    c.lineJoin = "round";
    c.textAlign = "left";
    c.textBaseline = "alphabetic";
    for (const [since, until, value, tier, words] of [...limits].sort((a, b) => b[2] - a[2] || a[0] - b[0])) {
      const line = u.valToPos(value, "y", true);
      const begins = Math.max(u.valToPos(since, "x", true), left);
      if (!words || begins >= left + width || u.valToPos(until, "x", true) <= left || line < top || line > top + height) continue;
      const late = begins > left + 0.6 * width;
      const wide = c.measureText(words).width;
      const x = late ? left + width - wide - 3 * unit : begins + 3 * unit;
      let y = line - 3 * unit;
      for (const other of placed) {
        if (x < other.x + other.wide && other.x < x + wide && y < other.y + 12 * unit) y = other.y + 12 * unit;
      }
      placed.push({ x, y, wide });
      c.lineWidth = 3 * unit;
      c.strokeStyle = colour("--surface");
      c.strokeText(words, x, y);
      c.fillStyle = colour(INKS[tier] || "--ink-soft");
      c.fillText(words, x, y);
    }
  };

  const swatch = (kind) => {
    const picture = document.createElementNS(SVG, "svg");
    const line = document.createElementNS(SVG, "line");
    for (const [name, value] of [["class", "swatch"], ["aria-hidden", "true"], ["viewBox", "0 0 28 8"]]) picture.setAttribute(name, value);
    for (const [name, value] of [["class", kind], ["x1", 0], ["x2", 28], ["y1", 4], ["y2", 4]]) line.setAttribute(name, value);
    picture.append(line);
    return picture;
  };

  const filled = (tag, ...inside) => {
    const made = document.createElement(tag);
    made.append(...inside);
    return made;
  };

  const told = (card, data) => {
    const keys = card.querySelector(".limit-keys");
    keys.replaceChildren(...data.keys.map(([kind, words]) => filled("li", swatch(kind), words)));
    keys.hidden = !data.keys.length;
    card.querySelector(".no-limit").hidden = data.keys.length > 0;
    const held = card.querySelector(".limits-held");
    held.hidden = !data.limits.length;
    held.querySelector("tbody").replaceChildren(
      ...data.limits.map(([limit, ...rest]) => {
        const head = filled("th", limit);
        head.scope = "row";
        return filled("tr", head, ...rest.map((each) => filled("td", each)));
      }),
    );
  };

  window.trendLimits = { lines, names, told };
})();
