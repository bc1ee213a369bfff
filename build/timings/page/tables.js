// What stands in words and numbers: totals, the critical path, the table of
// packages, and what is known about one of them.

function card(label, value, note, ...more) {
  return el("div", { className: "card" },
    el("div", { className: "label" }, label), el("div", { className: "value" }, value), ...more,
    el("div", { className: "note" }, note));
}

function fillCards() {
  const total = outcomes.reduce((sum, o) => sum + (data.counts[o] ?? 0), 0);
  const stack = el("div", { className: "stack" });
  const keys = el("div", { className: "note" });
  for (const o of outcomes) {
    const n = data.counts[o] ?? 0;
    if (!n) continue;
    stack.append(el("div", { style: { background: `var(--${o})`, flexGrow: n, minWidth: "2px" } }));
    keys.append(el("span", { className: "key" }, swatch(o), `${count(n)} ${o}`));
  }
  const packages = el("div", { className: "card wide" },
    el("div", { className: "label" }, "Packages"), el("div", { className: "value" }, count(total)), stack, keys);
  const linked = data.counts.linked ?? 0;
  $("cards").append(
    card("Total", duration(data.wall), `${duration(data.load)} to the first step`),
    card("Critical path", duration(data.critical), `${percent(data.critical, data.wall)} of the total`),
    packages,
    card("Linked", count(linked), linked === 1 ? "program" : "programs"),
    card("CPU time", duration(data.cpu), `${(data.cpu / Math.max(1, data.wall)).toFixed(1)} processors busy`));
  const saved = data.units?.reduce((sum, u) => sum + Math.max(0, u.v ?? 0), 0) ?? 0;
  if (saved > 0) $("cards").append(card("Saved", duration(saved), "of compiling, by reuse"));
}

// nameCell is a package's name that selects it in the chart.
function nameCell(name) {
  const button = el("button", { type: "button", title: name }, el("bdi", {}, name)); // cut off at the front
  button.addEventListener("click", () => select((data.units ?? []).find((u) => u.n === name), true));
  return el("td", { className: "name" }, button);
}

// longSteps are those of the critical path that count: not a look into the
// cache that took next to nothing.
function longSteps() {
  return (data.path ?? []).filter((p) => p.e - p.b > data.critical / 500);
}

function fillPath() {
  const path = longSteps();
  const longest = Math.max(1, ...path.map((p) => p.e - p.b));
  $("pathsum").textContent = path.length ? `${duration(data.critical)}, whatever the number of processors` : "";
  const units = new Map((data.units ?? []).map((u) => [u.n, u]));
  $("path").tBodies[0].append(...path.map((p, i) => {
    const span = units.get(p.n)?.s.find((s) => s.p === p.p) ?? { p: p.p };
    return el("tr", {},
      el("td", { className: "dim" }, String(i + 1)), nameCell(p.n),
      el("td", {}, swatch(colorOf(span)), phaseNames[p.p] ?? p.p),
      el("td", { className: "num" }, duration(p.e - p.b)),
      el("td", { className: "share" }, el("div", { title: percent(p.e - p.b, data.critical),
        style: { width: `${(100 * (p.e - p.b)) / longest}%`, background: `var(--${colorOf(span)})` } })));
  }));
  const short = (data.path?.length ?? 0) - path.length;
  if (short) $("path").after(el("p", { className: "after dim" }, `and ${plural(short, "step")} of next to no time`));
}

const fields = [
  { name: "Package", of: (u) => u.n, up: true },
  { name: "Outcome", of: (u) => u.o, up: true },
  { name: "Time", of: (u) => u.took, number: true },
  { name: "CPU", of: (u) => u.cpu, number: true },
  { name: "Waited", of: (u) => u.waited, number: true },
  { name: "Start", of: (u) => u.start, number: true, up: true },
];
const firstRows = 60;
const table = { by: 2, up: false, all: false };

function fillTableHead() {
  $("slow").tHead.rows[0].append(...fields.map((f, i) => {
    const button = el("button", { type: "button" }, f.name);
    button.addEventListener("click", () => {
      table.up = table.by === i ? !table.up : !!f.up;
      table.by = i;
      fillTable();
    });
    return el("th", { className: f.number ? "num" : "" }, button);
  }));
}

function fillTable() {
  const of = fields[table.by].of, sign = table.up ? 1 : -1;
  const list = [...shown].sort((a, b) => sign * (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0));
  [...$("slow").tHead.rows[0].cells].forEach((th, i) => {
    if (i === table.by) th.setAttribute("aria-sort", table.up ? "ascending" : "descending");
    else th.removeAttribute("aria-sort");
    th.firstChild.textContent = fields[i].name + (i === table.by ? (table.up ? " ↑" : " ↓") : "");
  });
  const rows = (table.all ? list : list.slice(0, firstRows)).map((u) => el("tr", {},
    nameCell(u.n),
    el("td", {}, swatch(u.o || colorOf(u.s[0])), u.o || phaseNames[u.s[0].p]),
    ...fields.slice(2).map((f) => el("td", { className: "num" }, duration(f.of(u))))));
  $("slow").tBodies[0].replaceChildren(...rows);
  $("slow").nextSibling?.remove();
  if (!table.all && list.length > firstRows) {
    const more = el("button", { type: "button", className: "more" }, `show all ${count(list.length)}`);
    more.addEventListener("click", () => { table.all = true; fillTable(); });
    $("slow").after(more);
  }
  $("slowsum").textContent = `${plural(list.length, "package")}, ${duration(list.reduce((sum, u) => sum + u.took, 0))} in all`;
}

// facts are what is known about a span, as pairs of words.
function facts(u, s) {
  const list = [[phaseNames[s.p] ?? s.p, `${duration(s.e - s.b)}, from ${duration(s.b)} to ${duration(s.e)}`]];
  if (s.o) list.push(["outcome", s.o]);
  if (s.d) list.push(["file", s.d]);
  if (s.k) list.push(["steps", String(s.k)]);
  for (const p of s.t ?? []) list.push([`  ${phaseNames[p.p] ?? p.p}`, duration(p.e - p.b)]);
  if (s.c) list.push(["CPU", duration(s.c)]);
  if (s.w) list.push(["waited for", s.w]);
  if (s.b - s.r > 5e4) list.push(["then for a worker", duration(s.b - s.r)]);
  if (u.v > 0 && s.p === "compile") list.push(["saved", duration(u.v)]);
  if (s.x) list.push(["", "on the critical path"]);
  return list;
}

function showTip(u, s, x, y) {
  const tip = $("tip");
  const list = el("dl");
  for (const [name, value] of facts(u, s)) list.append(el("dt", {}, name), el("dd", {}, value));
  tip.replaceChildren(el("b", {}, u.n), list);
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(8, Math.min(x + 14, innerWidth - box.width - 8))}px`;
  tip.style.top = `${y + 18 + box.height > innerHeight ? Math.max(8, y - box.height - 10) : y + 18}px`;
}

function showDetail() {
  const u = chosen.selected;
  if (!u) return $("detail").replaceChildren();
  const parts = [el("b", {}, u.n), el("span", {}, `${duration(u.took)} in all`)];
  for (const s of u.s) {
    parts.push(el("span", {}, swatch(colorOf(s)), " " + facts(u, s).map(([name, value]) => `${name.trim()} ${value}`.trim()).join(" · ")));
  }
  $("detail").replaceChildren(...parts);
}

function fillLegend() {
  const used = new Map();
  const note = (color, text) => used.set(color, text);
  for (const u of data.units ?? []) {
    for (const s of u.s) {
      const color = colorOf(s);
      note(color, color === "linked" ? "link" : outcomes.includes(color) ? color : phaseNames[color]);
      for (const p of s.t ?? []) if (p.p !== s.p) note(p.p, phaseNames[p.p]);
    }
  }
  const keys = [...used].map(([color, text]) => el("span", { className: "key" }, swatch(color), text));
  if (data.path?.length) {
    keys.push(el("span", { className: "key" }, el("span", { className: "swatch", style: { border: "1.5px solid var(--text)" } }), "critical path"));
  }
  keys.push(el("span", { className: "key" }, el("span", { className: "swatch", style: { height: "1px", background: "var(--waiting)" } }), "waits for a worker"));
  $("legend").append(...keys);
}
