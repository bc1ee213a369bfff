// What the page shows: the build's data, formats, and the packages that pass
// the filter. Times are nanoseconds since the start of the build.

const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const outcomes = ["failed", "compiled", "relinked", "reused", "cached", "skipped"];

for (const u of data.units ?? []) {
  u.start = u.s[0].b;
  u.done = Math.max(...u.s.map((s) => s.e));
  u.took = u.s.reduce((sum, s) => sum + s.e - s.b, 0);
  u.cpu = u.s.reduce((sum, s) => sum + (s.c ?? 0), 0);
  u.waited = u.s.reduce((sum, s) => sum + Math.max(0, s.b - s.r), 0);
  u.critical = u.s.some((s) => s.x);
  u.o ??= "";
  layer(u);
}

// layer gives spans that overlap, such as vet beside a link, lines of their own
// within the row.
function layer(u) {
  const free = [];
  for (const s of u.s) {
    let line = free.findIndex((t) => t <= s.b);
    if (line < 0) line = free.length;
    free[line] = s.e;
    s.line = line;
  }
  u.lines = free.length;
}

// duration is short: "1.24 s", "310 ms", "45 µs".
function duration(ns) {
  if (ns >= 600e9) return `${Math.floor(ns / 60e9)} min ${Math.round((ns % 60e9) / 1e9)} s`;
  if (ns >= 99.95e9) return `${(ns / 1e9).toFixed(0)} s`;
  if (ns >= 9.995e9) return `${(ns / 1e9).toFixed(1)} s`;
  if (ns >= 0.9995e9) return `${(ns / 1e9).toFixed(2)} s`;
  if (ns >= 9.95e6) return `${(ns / 1e6).toFixed(0)} ms`;
  if (ns >= 0.995e6) return `${(ns / 1e6).toFixed(1)} ms`;
  return `${Math.round(ns / 1e3)} µs`;
}

const percent = (part, whole) => (whole > 0 ? `${Math.round((100 * part) / whole)} %` : "–");
const count = (n) => n.toLocaleString("en");
const plural = (n, what) => `${count(n)} ${what}${n === 1 ? "" : "s"}`;

// colorOf names the colour of a span: what became of the package for a
// compile, else what was done.
function colorOf(span) {
  if (span.o === "failed" || span.o === "skipped") return span.o;
  if (span.p === "compile") return span.o || "other";
  return span.p === "link" ? (span.o === "cached" ? "cached" : "linked") : span.p;
}

const phaseNames = {
  check: "cache lookup", cgo: "cgo", cc: "C compiler", asm: "assembler", compile: "compile", link: "link", install: "install",
  vet: "vet", cover: "cover", test: "run tests", run: "run", other: "other",
};

// el makes an element. Text is text: nothing on this page is made from markup.
function el(tag, props = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "style") Object.assign(e.style, value);
    else if (name in e) e[name] = value;
    else e.setAttribute(name, value);
  }
  e.append(...children);
  return e;
}

const swatch = (color) => el("span", { className: "swatch", style: { background: `var(--${color})` } });

// What the user has chosen. Packages that go had in its cache say little in a
// build that made something, and there are many.
const present = outcomes.filter((o) => data.units?.some((u) => u.o === o));
const busy = present.some((o) => o !== "cached" && o !== "skipped");
const chosen = {
  text: "", least: 0, path: false,
  // A chart of many packages in the order of time is a long, thin line.
  sort: (data.units?.length ?? 0) > 60 ? "took" : "start",
  off: new Set(busy ? ["cached"] : []),
  from: 0, to: Math.max(1, data.wall),
  selected: null,
};

const orders = {
  start: (a, b) => a.start - b.start,
  took: (a, b) => b.took - a.took,
  cpu: (a, b) => b.cpu - a.cpu,
  name: (a, b) => (a.n < b.n ? -1 : a.n > b.n ? 1 : 0),
};

let shown = [];
let places = new Map(); // of the packages that are shown, by name

// choose works out which packages pass the filter, in which order. Words are
// looked for in the name; all must be there.
function choose() {
  const words = chosen.text.toLowerCase().split(/\s+/).filter(Boolean);
  shown = (data.units ?? []).filter((u) =>
    !chosen.off.has(u.o) && u.took >= chosen.least && (!chosen.path || u.critical) &&
    words.every((w) => u.n.toLowerCase().includes(w)));
  shown.sort((a, b) => orders[chosen.sort](a, b) || a.start - b.start);
  places = new Map(shown.map((u, i) => [u.n, i]));
  if (!shown.includes(chosen.selected)) chosen.selected = null;
}
