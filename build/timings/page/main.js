// Mouse, keys and controls.

let hovered = null;
let drag = null; // a range being chosen on the curves: {x, to}

// refresh is for a change of the filter or the order.
function refresh() {
  choose();
  table.all = false;
  $("count").textContent = `${count(shown.length)} of ${count(data.units?.length ?? 0)} shown`;
  fillTable();
  showDetail();
  draw("load", "map");
}

// select marks a package; scroll brings it into view.
function select(u, scroll) {
  if (!u) return;
  if (!shown.includes(u)) {
    chosen.text = $("filter").value = "";
    chosen.least = +($("least").value = 0);
    chosen.path = $("onpath").checked = false;
    chosen.off.delete(u.o);
    pressOutcomes();
    refresh();
  }
  chosen.selected = u;
  const view = $("view"), y = shown.indexOf(u) * rowHeight;
  if (scroll) {
    view.scrollTop = y - view.clientHeight / 2;
    if (u.done < chosen.from || u.start > chosen.to) range(0, data.wall);
  } else if (y < view.scrollTop) view.scrollTop = y;
  else if (y + rowHeight + 8 > view.scrollTop + view.clientHeight) view.scrollTop = y + rowHeight + 8 - view.clientHeight;
  showDetail();
  draw("load");
}

// range shows a part of the build, no shorter than 10 µs.
function range(from, to) {
  const wide = Math.min(Math.max(1, data.wall), Math.max(1e4, to - from));
  chosen.from = Math.min(Math.max(0, from), Math.max(1, data.wall) - wide);
  chosen.to = chosen.from + wide;
  draw("load");
}

function zoom(factor, around = (chosen.from + chosen.to) / 2) {
  range(around - (around - chosen.from) * factor, around + (chosen.to - around) * factor);
}

const zooms = { in: () => zoom(0.5), out: () => zoom(2), all: () => range(0, data.wall) };

function pressOutcomes() {
  for (const b of $("outcomes").children) b.setAttribute("aria-pressed", String(!chosen.off.has(b.value)));
}

function fillControls() {
  for (const o of present) {
    const n = data.units.filter((u) => u.o === o).length;
    const button = el("button", { type: "button", value: o }, swatch(o), `${o} ${count(n)}`);
    button.addEventListener("click", () => {
      if (!chosen.off.delete(o)) chosen.off.add(o);
      pressOutcomes();
      refresh();
    });
    $("outcomes").append(button);
  }
  pressOutcomes();
  $("sort").value = chosen.sort;
  for (const [value, text] of [[0, "0"], [1e6, "1 ms"], [1e7, "10 ms"], [1e8, "100 ms"], [1e9, "1 s"], [1e10, "10 s"]]) {
    $("least").append(el("option", { value: String(value) }, text));
  }
  $("filter").addEventListener("input", () => { chosen.text = $("filter").value; refresh(); });
  $("least").addEventListener("change", () => { chosen.least = +$("least").value; refresh(); });
  $("sort").addEventListener("change", () => { chosen.sort = $("sort").value; refresh(); });
  $("onpath").addEventListener("change", () => { chosen.path = $("onpath").checked; refresh(); });
  $("theme").addEventListener("click", toggleTheme);
  for (const b of $("zoom").children) b.addEventListener("click", zooms[b.dataset.zoom]);
}

function toggleTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  readColors();
  draw("load", "map");
}

// spanAt finds the row, and the span in it, at a place of the view.
function spanAt(x, y) {
  const view = $("view"), i = Math.floor((y + view.scrollTop - 4) / rowHeight);
  const u = shown[i];
  if (!u) return {};
  const top = i * rowHeight - view.scrollTop + 4;
  let nearest = null, distance = Infinity;
  for (const s of u.s) {
    const box = spanBox(u, s, top);
    const dx = Math.max(box.x - x, 0, x - box.x - box.w), dy = Math.max(box.y - y, 0, y - box.y - box.h);
    if (dx + dy < distance) [nearest, distance] = [s, dx + dy];
  }
  return { u, s: nearest };
}

// follow keeps the bars in view when rows in the order of time scroll by.
function follow() {
  if (chosen.sort !== "start" || chosen.to - chosen.from >= data.wall) return;
  const first = shown[Math.floor($("view").scrollTop / rowHeight)], wide = chosen.to - chosen.from;
  if (first) range(first.start - wide * 0.05, first.start + wide * 0.95);
}

function listenToRows() {
  const view = $("view");
  let grab = null;
  view.addEventListener("scroll", () => { $("tip").hidden = true; follow(); draw(); });
  view.addEventListener("pointermove", (e) => {
    const box = view.getBoundingClientRect();
    if (grab) {
      const by = ((grab.x - e.clientX) / plotWidth()) * (grab.to - grab.from);
      if (grab.to - grab.from < data.wall) range(grab.from + by, grab.to + by);
      return;
    }
    const { u, s } = spanAt(e.clientX - box.left, e.clientY - box.top);
    if (u !== hovered) draw();
    hovered = u ?? null;
    if (u) showTip(u, s, e.clientX, e.clientY);
    else $("tip").hidden = true;
  });
  view.addEventListener("pointerleave", () => { hovered = grab = null; $("tip").hidden = true; draw(); });
  view.addEventListener("pointerdown", (e) => {
    const box = view.getBoundingClientRect();
    if (e.button !== 0 || e.clientX - box.left > view.clientWidth) return;
    grab = { x: e.clientX, from: chosen.from, to: chosen.to };
  });
  view.addEventListener("pointerup", (e) => {
    const box = view.getBoundingClientRect();
    if (grab && Math.abs(grab.x - e.clientX) < 4) select(spanAt(e.clientX - box.left, e.clientY - box.top).u);
    grab = null;
  });
  view.addEventListener("dblclick", zooms.all);
  for (const target of [view, $("load")]) {
    target.addEventListener("wheel", (e) => {
      if (!e.ctrlKey && !e.metaKey) return;
      e.preventDefault();
      zoom(Math.exp(Math.sign(e.deltaY) * 0.25), timeAt(e.clientX - view.getBoundingClientRect().left));
    }, { passive: false });
  }
}

function listenToLoad() {
  const load = $("load");
  const at = (e) => Math.max(gutter(), e.clientX - load.getBoundingClientRect().left);
  load.addEventListener("pointerdown", (e) => { drag = { x: at(e), to: at(e) }; load.setPointerCapture(e.pointerId); });
  load.addEventListener("pointermove", (e) => {
    if (drag) {
      drag.to = at(e);
      return draw("load");
    }
    const found = laneAt(at(e), e.offsetY);
    if (found) showTip(found.u, found.s, e.clientX, e.clientY);
    else $("tip").hidden = true;
  });
  load.addEventListener("pointerleave", () => { $("tip").hidden = true; });
  load.addEventListener("pointerup", (e) => {
    if (drag && drag.x === drag.to) select(laneAt(drag.x, e.offsetY)?.u, true);
    if (drag && Math.abs(drag.to - drag.x) > 4) range(timeAt(Math.min(drag.x, drag.to)), timeAt(Math.max(drag.x, drag.to)));
    drag = null;
    draw("load");
  });
  load.addEventListener("dblclick", zooms.all);
}

function listenToMap() {
  const map = $("map"), view = $("view");
  const go = (e) => {
    view.scrollTop = ((e.clientY - map.getBoundingClientRect().top - 4) / mapRow()) * rowHeight - view.clientHeight / 2;
  };
  map.addEventListener("pointerdown", (e) => { map.setPointerCapture(e.pointerId); go(e); });
  map.addEventListener("pointermove", (e) => { if (e.buttons) go(e); });
}

// step selects the package n rows further on.
function step(n) {
  const i = shown.indexOf(chosen.selected);
  select(shown[Math.max(0, Math.min(shown.length - 1, i < 0 ? 0 : i + n))]);
}

const pan = (by) => range(chosen.from + by * (chosen.to - chosen.from), chosen.to + by * (chosen.to - chosen.from));
const page = () => Math.floor($("view").clientHeight / rowHeight) - 1;
const rowKeys = {
  ArrowDown: () => step(1), ArrowUp: () => step(-1), PageDown: () => step(page()), PageUp: () => step(-page()),
  Home: () => step(-shown.length), End: () => step(shown.length),
  ArrowLeft: () => pan(-0.2), ArrowRight: () => pan(0.2),
};
const pageKeys = {
  "+": zooms.in, "=": zooms.in, "-": zooms.out, 0: zooms.all, t: toggleTheme,
  "/": () => $("filter").focus(),
  c: () => $("onpath").click(),
};

function listenToKeys() {
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.target === $("filter")) {
      if (e.key === "Escape" || e.key === "Enter") $("view").focus();
      return;
    }
    const act = (e.target === $("view") && rowKeys[e.key]) || (e.target.tagName !== "SELECT" && pageKeys[e.key]);
    if (!act) return;
    e.preventDefault();
    act();
  });
}

$("title").textContent = data.title;
$("host").textContent = `${data.host} · ${data.began}`;
if (data.exit_code) $("host").append(el("span", { className: "badge" }, `exit code ${data.exit_code}`));
$("load").setAttribute("aria-label", `Steps running and waiting over ${duration(data.wall)}`);
readColors();
fillCards();
fillPath();
fillLegend();
fillTableHead();
fillControls();
listenToRows();
listenToLoad();
listenToMap();
listenToKeys();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColors(); draw("load", "map"); });
new ResizeObserver(() => draw("load", "map")).observe($("view"));
refresh();
