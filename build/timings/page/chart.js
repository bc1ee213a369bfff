// The charts: how busy the build was, one row for each package, and the map of
// all rows. Only the rows in view are drawn, so thousands cost no more than a
// few.

const rowHeight = 19;
const font = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
const mono = "11.5px ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace";

let colors = {};

// readColors takes the colours from the style sheet, after a change of theme.
function readColors() {
  const style = getComputedStyle(document.documentElement);
  colors = new Proxy({}, { get: (seen, name) => (seen[name] ??= style.getPropertyValue(`--${name}`).trim()) });
}

// prepare sizes a canvas for the screen's pixels and clears it.
function prepare(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const c = canvas.getContext("2d");
  c.setTransform(scale, 0, 0, scale, 0, 0);
  c.clearRect(0, 0, width, height);
  c.font = font;
  c.textBaseline = "middle";
  return c;
}

const mapWidth = 84;
const gutter = () => Math.min(330, Math.max(150, $("view").clientWidth * 0.23));
const plotWidth = () => Math.max(50, $("view").clientWidth - gutter() - 12);
const xOf = (t) => gutter() + ((t - chosen.from) / (chosen.to - chosen.from)) * plotWidth();
const timeAt = (x) => chosen.from + ((x - gutter()) / plotWidth()) * (chosen.to - chosen.from);

// ticks are round times within the view, some 100 pixels apart.
function ticks() {
  const rough = ((chosen.to - chosen.from) / plotWidth()) * 110;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((s) => s >= rough);
  const list = [];
  for (let t = Math.ceil(chosen.from / step) * step; t <= chosen.to; t += step) list.push(t);
  return list;
}

// tickName has no more digits than the distance of the ticks asks for.
function tickName(t, step) {
  if (t === 0) return "0";
  if (step >= 1e9) return `${Math.round(t / 1e9)} s`;
  const digits = Math.min(6, Math.ceil(-Math.log10(step / 1e9)));
  return t >= 1e9 || step >= 1e8 ? `${(t / 1e9).toFixed(digits)} s` : `${+(t / 1e6).toFixed(Math.max(0, digits - 3))} ms`;
}

// lanes spreads the spans over workers. cmd/go does not say which of them ran
// what; a span takes the first that is free.
const lanes = (() => {
  const free = [], list = [];
  const spans = (data.units ?? []).flatMap((u) => u.s.map((s) => ({ u, s }))).sort((a, b) => a.s.b - b.s.b);
  for (const { u, s } of spans) {
    let lane = free.findIndex((t) => t <= s.b);
    if (lane < 0) lane = free.length;
    free[lane] = s.e;
    (list[lane] ??= []).push({ u, s });
  }
  return list;
})();

const loadBox = { top: 8, run: 54, gap: 10, wait: 22, axis: 24 };
const laneHeight = Math.max(3, Math.min(17, 120 / Math.max(1, lanes.length)));
const lanesTop = loadBox.top + loadBox.run + loadBox.gap + loadBox.wait + 8;
const loadHeight = Math.ceil(lanesTop + lanes.length * laneHeight + 6 + loadBox.axis);

// drawLanes shows what the workers did, all packages in a few lines.
function drawLanes(c, left) {
  c.save();
  c.beginPath();
  c.rect(left, lanesTop, plotWidth() + 1, lanes.length * laneHeight);
  c.clip();
  lanes.forEach((list, i) => {
    const y = lanesTop + i * laneHeight, h = laneHeight - (laneHeight > 6 ? 2 : 0.5);
    let covered = -1; // spans that fall into the same pixel are drawn once
    for (const { u, s } of list) {
      const x = xOf(s.b), end = Math.max(x + 0.6, xOf(s.e));
      if (end < left || x > left + plotWidth() || end <= covered) continue;
      covered = end;
      c.globalAlpha = places.has(u.n) ? 1 : 0.25;
      c.fillStyle = colors[colorOf(s)];
      const gap = end - x > 3 ? 0.7 : 0;
      c.fillRect(x, y, end - x - gap, h);
      if (s.x || u === chosen.selected) {
        c.fillStyle = u === chosen.selected ? colors.focus : colors.text;
        c.fillRect(x, y + h - 2.5, end - x - gap, 2.5);
      }
      if (end - x > 60 && laneHeight > 12) {
        c.save();
        c.beginPath();
        c.rect(x, y, end - x - 4, h);
        c.clip();
        c.fillStyle = colors.onbar;
        c.font = "10.5px system-ui, 'DejaVu Sans', sans-serif";
        c.fillText(fit(c, u.n, end - x - 10), Math.max(x, left) + 4, y + h / 2 + 0.5);
        c.font = font;
        c.restore();
      }
    }
  });
  c.globalAlpha = 1;
  c.restore();
}

// laneAt finds what a worker did at a place of the canvas.
function laneAt(x, y) {
  const list = lanes[Math.floor((y - lanesTop) / laneHeight)];
  if (!list || x < gutter()) return null;
  return list.find(({ s }) => xOf(s.b) - 1 <= x && x <= Math.max(xOf(s.e), xOf(s.b) + 1) + 1) ?? null;
}

function drawLoad() {
  const canvas = $("load"), width = canvas.clientWidth;
  canvas.style.height = `${loadHeight}px`;
  const c = prepare(canvas, width, loadHeight);
  const left = gutter(), { top, run, gap, wait } = loadBox;
  const bottom = top + run + gap + wait;
  const most = Math.max(data.parallel, ...data.busy.map((b) => Math.max(b[0], b[2])));
  const queue = Math.max(1, ...data.busy.map((b) => b[1]));
  c.save();
  c.beginPath();
  c.rect(left, 0, plotWidth() + 1, bottom + 1);
  c.clip();
  shade(c, 0, bottom);
  area(c, 0, top + run, run / most, colors.running, 0.3, 1);
  line(c, 2, top + run, run / most, colors.cpu);
  area(c, 1, bottom, wait / queue, colors.waiting, 0.55, 1);
  c.strokeStyle = colors.dim;
  c.setLineDash([3, 4]);
  const limit = top + run - (data.parallel * run) / most;
  c.beginPath();
  c.moveTo(left, limit + 0.5);
  c.lineTo(width, limit + 0.5);
  c.stroke();
  c.restore();
  if (chosen.from < data.load && xOf(data.load) - Math.max(left, xOf(0)) > 96) {
    c.fillStyle = colors.dim;
    c.fillText("loading packages", Math.max(left, xOf(0)) + 6, top + run / 2 + 8);
  }
  key(c, 16, top + 8, colors.running, "steps running");
  key(c, 16, top + 26, colors.cpu, "processors busy");
  key(c, 16, bottom - wait / 2, colors.waiting, "steps waiting");
  c.fillStyle = colors.dim;
  c.textAlign = "right";
  c.fillText(String(data.parallel), left - 8, Math.max(limit, 8));
  c.fillText("0", left - 8, top + run);
  c.fillText(count(Math.round(queue)), left - 8, bottom - wait + 2);
  key(c, 16, lanesTop + Math.min(laneHeight, 17) / 2 - 1, null, "workers");
  drawLanes(c, left);
  drawAxis(c, loadHeight - loadBox.axis, left, width);
  if (drag) {
    c.fillStyle = colors.focus;
    c.globalAlpha = 0.18;
    c.fillRect(Math.min(drag.x, drag.to), 0, Math.abs(drag.to - drag.x), loadHeight - loadBox.axis);
    c.globalAlpha = 1;
  }
}

const lastDone = Math.max(data.load, ...(data.units ?? []).map((u) => u.done));

// shade marks the time before the first step and after the last.
function shade(c, top, bottom) {
  c.fillStyle = colors.soft;
  c.fillRect(xOf(0), top, xOf(data.load) - xOf(0), bottom - top);
  c.fillRect(xOf(lastDone), top, xOf(data.wall) - xOf(lastDone), bottom - top);
}

function key(c, x, y, color, text) {
  if (color) {
    c.fillStyle = color;
    c.fillRect(x, y - 4, 9, 9);
  }
  c.fillStyle = colors.dim;
  c.textAlign = "left";
  c.fillText(text, x + 15, y + 1);
}

// column calls f with the pixels and the value of each stretch of the load.
function columns(series, f) {
  const n = data.busy.length;
  data.busy.forEach((b, i) => f(xOf((data.wall * i) / n), xOf((data.wall * (i + 1)) / n), b[series]));
}

function area(c, series, base, scale, color, alpha, width) {
  c.beginPath();
  c.moveTo(xOf(0), base);
  columns(series, (x0, x1, v) => { c.lineTo(x0, base - v * scale); c.lineTo(x1, base - v * scale); });
  c.lineTo(xOf(data.wall), base);
  c.fillStyle = color;
  c.globalAlpha = alpha;
  c.fill();
  c.globalAlpha = 1;
  c.strokeStyle = color;
  c.lineWidth = width;
  c.stroke();
}

function line(c, series, base, scale, color) {
  c.beginPath();
  columns(series, (x0, x1, v) => c.lineTo((x0 + x1) / 2, base - v * scale));
  c.strokeStyle = color;
  c.lineWidth = 1.5;
  c.stroke();
  c.lineWidth = 1;
}

function drawAxis(c, y, left, width) {
  const list = ticks(), step = list[1] - list[0] || 1e9;
  c.strokeStyle = colors.line;
  c.beginPath();
  c.moveTo(0, y + 0.5);
  c.lineTo(width, y + 0.5);
  c.stroke();
  c.fillStyle = colors.dim;
  for (const t of list) {
    const x = Math.round(xOf(t));
    c.strokeStyle = colors.line;
    c.beginPath();
    c.moveTo(x + 0.5, y);
    c.lineTo(x + 0.5, y + 5);
    c.stroke();
    c.textAlign = x - left < 12 ? "left" : x > left + plotWidth() - 24 ? "right" : "center";
    c.fillText(tickName(t, step), x, y + 14);
  }
  c.textAlign = "left";
}

function drawRows() {
  const view = $("view"), width = view.clientWidth, height = view.clientHeight;
  $("spacer").style.height = `${Math.max(0, shown.length * rowHeight + 8 - height)}px`;
  const c = prepare($("rows"), width, height);
  $("rows").style.height = `${height}px`;
  const left = gutter();
  c.save();
  c.beginPath();
  c.rect(left, 0, width - left, height);
  c.clip();
  shade(c, 0, height);
  c.strokeStyle = colors.line;
  for (const t of ticks()) {
    const x = Math.round(xOf(t)) + 0.5;
    c.beginPath();
    c.moveTo(x, 0);
    c.lineTo(x, height);
    c.stroke();
  }
  c.restore();
  const first = Math.floor(view.scrollTop / rowHeight);
  const last = Math.min(shown.length, Math.ceil((view.scrollTop + height) / rowHeight));
  for (let i = first; i < last; i++) drawRow(c, shown[i], i * rowHeight - view.scrollTop + 4, width);
  drawPath(c, left, width, height);
  if (!shown.length) {
    c.fillStyle = colors.dim;
    c.textAlign = "center";
    c.fillText(data.units?.length ? "No package passes the filter." : "No package was worked on.", width / 2, 60);
  }
}

function drawRow(c, u, y, width) {
  const left = gutter(), middle = y + rowHeight / 2;
  if (u === chosen.selected || u === hovered) {
    c.fillStyle = u === chosen.selected ? colors.focus : colors.dim;
    c.globalAlpha = u === chosen.selected ? 0.16 : 0.1;
    c.fillRect(0, y, width, rowHeight);
    c.globalAlpha = 1;
  }
  c.font = mono;
  c.fillStyle = colors.text;
  c.textAlign = "right";
  c.fillText(fit(c, u.n, left - 26), left - 10, middle + 1);
  c.font = font;
  c.save();
  c.beginPath();
  c.rect(left, y, width - left, rowHeight);
  c.clip();
  for (const s of u.s) drawSpan(c, u, s, y);
  c.restore();
  const end = xOf(u.done);
  const text = duration(u.took);
  if (end > left - 4 && end + 8 + c.measureText(text).width < width) {
    c.fillStyle = colors.dim;
    c.textAlign = "left";
    c.font = "11px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
    c.fillText(text, end + 6, middle + 1);
    c.font = font;
  }
}

// spanBox is where a span stands in the row at y.
function spanBox(u, s, y) {
  const height = (rowHeight - 5) / u.lines;
  const x = xOf(s.b);
  return { x, y: y + 2.5 + s.line * height, w: Math.max(1, xOf(s.e) - x), h: Math.max(1.5, height - (u.lines > 1 ? 1 : 0)) };
}

function drawSpan(c, u, s, y) {
  const box = spanBox(u, s, y);
  if (s.b > s.r) {
    c.fillStyle = colors.waiting;
    c.globalAlpha = 0.6;
    c.fillRect(xOf(s.r), box.y + box.h / 2 - 0.5, box.x - xOf(s.r), 1);
    c.globalAlpha = 1;
  }
  c.fillStyle = colors[colorOf(s)];
  const round = box.w > 4 ? 2.5 : 0;
  c.beginPath();
  c.roundRect(box.x, box.y, box.w, box.h, round);
  c.fill();
  for (const p of s.t ?? []) {
    if (p.p === s.p) continue;
    c.fillStyle = colors[p.p] || colors.other;
    c.fillRect(xOf(p.b), box.y, Math.max(0.75, xOf(p.e) - xOf(p.b)), box.h);
  }
  if (s.x) {
    c.strokeStyle = colors.text;
    c.lineWidth = 1.5;
    c.beginPath();
    c.roundRect(box.x, box.y, box.w, box.h, round);
    c.stroke();
    c.lineWidth = 1;
  }
}

// drawPath joins the spans of the critical path, as far as their rows are
// shown.
function drawPath(c, left, width, height) {
  const place = places;
  const y = (i) => i * rowHeight - $("view").scrollTop + 4 + rowHeight / 2;
  const steps = longSteps().filter((p) => place.has(p.n));
  c.save();
  c.beginPath();
  c.rect(left, 0, width - left, height);
  c.clip();
  c.strokeStyle = colors.text;
  c.globalAlpha = 0.75;
  c.beginPath();
  for (let i = 1; i < steps.length; i++) {
    const from = y(place.get(steps[i - 1].n)), to = y(place.get(steps[i].n));
    if (from === to || Math.max(from, to) < -50 || Math.min(from, to) > height + 50) continue;
    const x = Math.round(xOf(steps[i].b)) + 0.5, inset = (rowHeight - 5) / 2;
    c.moveTo(Math.min(xOf(steps[i - 1].e), x), from);
    c.lineTo(x, from);
    c.lineTo(x, to - Math.sign(to - from) * inset);
  }
  c.stroke();
  c.restore();
}

// fit cuts the front off a name: its end tells packages apart.
function fit(c, text, width) {
  if (c.measureText(text).width <= width) return text;
  const chars = [...text];
  let low = 0, high = chars.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (c.measureText("…" + chars.slice(middle).join("")).width <= width) high = middle;
    else low = middle + 1;
  }
  return "…" + chars.slice(low).join("");
}

const mapRow = () => Math.min(4, ($("map").clientHeight - 8) / Math.max(1, shown.length));
const mapImage = document.createElement("canvas");

// drawMapImage shows all rows at once.
function drawMapImage() {
  const c = prepare(mapImage, mapWidth, $("map").clientHeight), row = mapRow();
  const x = (t) => 6 + (t / Math.max(1, data.wall)) * (mapWidth - 12);
  shown.forEach((u, i) => {
    for (const s of u.s) {
      c.fillStyle = s.x ? colors.text : colors[colorOf(s)];
      c.fillRect(x(s.b), 4 + i * row, Math.max(1, x(s.e) - x(s.b)), Math.max(0.7, row * 0.8));
    }
  });
}

// drawMap shows which rows are in view.
function drawMap() {
  const height = $("map").clientHeight, view = $("view"), row = mapRow();
  const c = prepare($("map"), mapWidth, height);
  if (!shown.length) return;
  c.drawImage(mapImage, 0, 0, mapWidth, height);
  const top = 4 + (view.scrollTop / rowHeight) * row;
  const tall = Math.min(height - top - 1, (view.clientHeight / rowHeight) * row);
  c.strokeStyle = colors.focus;
  c.fillStyle = colors.focus;
  c.globalAlpha = 0.12;
  c.fillRect(1, top, mapWidth - 2, tall);
  c.globalAlpha = 1;
  c.strokeRect(1.5, top + 0.5, mapWidth - 3, tall - 1);
}

// What a frame has to draw besides the rows: the curves if the range, the
// filter or the selection changed; the image of the map if the rows did.
const stale = { load: true, map: true };
let pending = false;

// draw draws before the next frame, however often it is called.
function draw(...parts) {
  for (const part of parts) stale[part] = true;
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => {
    pending = false;
    if (stale.load) drawLoad();
    if (stale.map) drawMapImage();
    stale.load = stale.map = false;
    drawRows();
    drawMap();
  });
}
