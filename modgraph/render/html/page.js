"use strict";
(() => {
const graph = JSON.parse(document.getElementById("graph").textContent);
const $ = id => document.getElementById(id);
const svg = $("view"), world = $("world"), panel = $("panel");
const nodes = graph.nodes, links = graph.links;
const nodeEl = [], linkEl = [];
for (const el of world.querySelectorAll(".node")) nodeEl[+el.dataset.n] = el;
for (const el of world.querySelectorAll(".link")) linkEl[+el.dataset.n] = el;
const out = nodes.map(() => []), into = nodes.map(() => []);
links.forEach((l, i) => { out[l.from].push(i); into[l.to].push(i); });

// Pan and zoom: the view box is the state.
const full = svg.viewBox.baseVal;
const home = {x: full.x, y: full.y, w: full.width, h: full.height};
let box = {...home};
const show = () => svg.setAttribute("viewBox", `${box.x} ${box.y} ${box.w} ${box.h}`);
const fit = (list) => {
  if (!list || !list.length) { box = {...home}; show(); return; }
  let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
  for (const i of list) {
    const [x, y, w, h] = nodes[i].box;
    x0 = Math.min(x0, x); y0 = Math.min(y0, y); x1 = Math.max(x1, x + w); y1 = Math.max(y1, y + h);
  }
  const pad = 60 + Math.max(0, 500 - (x1 - x0)) / 2;
  box = {x: x0 - pad, y: y0 - pad, w: x1 - x0 + 2 * pad, h: y1 - y0 + 2 * pad};
  show();
};
const toWorld = (cx, cy) => new DOMPoint(cx, cy).matrixTransform(svg.getScreenCTM().inverse());
const zoom = (factor, cx, cy) => {
  const r = svg.getBoundingClientRect();
  const p = toWorld(cx ?? r.left + r.width / 2, cy ?? r.top + r.height / 2);
  if (box.w * factor < 60 || box.w * factor > home.w * 8) return;
  box = {x: p.x - (p.x - box.x) * factor, y: p.y - (p.y - box.y) * factor, w: box.w * factor, h: box.h * factor};
  show();
};
svg.addEventListener("wheel", e => { e.preventDefault(); zoom(Math.exp(Math.max(-100, Math.min(100, e.deltaY)) * 0.002), e.clientX, e.clientY); }, {passive: false});
let drag = null, moved = false;
svg.addEventListener("pointerdown", e => { if (e.button === 0) { drag = {p: toWorld(e.clientX, e.clientY), x: e.clientX, y: e.clientY}; moved = false; } });
window.addEventListener("pointermove", e => {
  if (!drag) return;
  if (Math.hypot(e.clientX - drag.x, e.clientY - drag.y) > 4) { moved = true; svg.classList.add("drag"); }
  if (!moved) return;
  const p = toWorld(e.clientX, e.clientY);
  box.x += drag.p.x - p.x; box.y += drag.p.y - p.y; show();
});
window.addEventListener("pointerup", () => { drag = null; svg.classList.remove("drag"); });

// What leads to a node and what it leads to.
const walk = (start, edges, end) => {
  const seenNodes = new Set([start]), seenLinks = new Set(), todo = [start];
  while (todo.length) for (const l of edges[todo.pop()]) {
    seenLinks.add(l);
    const n = links[l][end];
    if (!seenNodes.has(n)) { seenNodes.add(n); todo.push(n); }
  }
  return {nodes: seenNodes, links: seenLinks};
};
const clearMarks = () => {
  world.classList.remove("dim");
  for (const el of nodeEl) el.classList.remove("lit", "sel", "hit");
  for (const el of linkEl) el.classList.remove("lit", "up", "down");
};
let selected = -1;
const size = n => n >= 1 << 20 ? (n / (1 << 20)).toFixed(1) + " MB" : n >= 1024 ? (n / 1024).toFixed(1) + " kB" : n + " B";
const add = (parent, tag, text, attrs) => {
  const el = document.createElement(tag);
  if (text !== undefined) el.textContent = text;
  for (const k in attrs) el.setAttribute(k, attrs[k]);
  parent.append(el);
  return el;
};
const shortest = target => {
  const from = new Map([[target, -1]]), queue = [target];
  for (const n of queue) {
    if (nodes[n].kind === "main" && n !== target) {
      const path = [];
      for (let k = n; k !== -1; k = from.get(k)) path.push(k);
      return path;
    }
    for (const l of into[n]) if (!from.has(links[l].from)) { from.set(links[l].from, n); queue.push(links[l].from); }
  }
  return [];
};
const list = (title, items, tag) => {
  if (!items.length) return;
  add(panel, "h3", title);
  const ul = add(panel, tag || "ul");
  for (const i of items) add(add(ul, "li"), "button", nodes[i].label).addEventListener("click", () => select(i, true));
};
const select = (i, center) => {
  clearMarks();
  selected = i;
  $("focus").disabled = i < 0 && !focused;
  $("cycles").setAttribute("aria-pressed", "false");
  panel.hidden = i < 0;
  panel.replaceChildren();
  if (i < 0) return;
  const n = nodes[i], up = walk(i, into, "from"), down = walk(i, out, "to");
  world.classList.add("dim");
  for (const k of [...up.nodes, ...down.nodes]) nodeEl[k].classList.add("lit");
  for (const l of up.links) linkEl[l].classList.add("lit", "up");
  for (const l of down.links) linkEl[l].classList.add("lit", "down");
  nodeEl[i].classList.add("sel");
  add(panel, "button", "✕", {class: "close", "aria-label": "Close"}).addEventListener("click", () => select(-1));
  add(panel, "h2", n.label);
  add(panel, "p", [n.detail, n.kind === "direct" || n.direct ? "required directly" : n.kind, n.bytes ? size(n.bytes) : ""].filter(Boolean).join(" · "));
  if (n.url) add(panel, "a", n.url.replace("https://", ""), {href: n.url, rel: "noreferrer"});
  add(panel, "p", `${up.nodes.size - 1} lead to it, it leads to ${down.nodes.size - 1}`);
  list("Shortest path", shortest(i), "ol");
  list("Required by", into[i].map(l => links[l].from));
  list("Requires", out[i].map(l => links[l].to));
  if (n.members.length > 1) {
    add(panel, "h3", `${n.members.length} members`);
    const ul = add(panel, "ul");
    for (const m of n.members) add(ul, "li", m);
  }
  if (center) fit([i]);
};
svg.addEventListener("click", e => {
  if (moved) return;
  const el = e.target.closest(".node");
  if (el && !e.ctrlKey && !e.metaKey) e.preventDefault(); // the panel has the link
  if (el && el.dataset.group) { $("collapse").value = ""; collapse(""); return; }
  select(el ? +el.dataset.n : -1);
});

// Search.
let hits = [], at = 0;
const search = () => {
  const q = $("search").value.trim().toLowerCase();
  clearMarks();
  hits = q ? nodes.map((n, i) => i).filter(i => nodes[i].id.toLowerCase().includes(q) || nodes[i].members.some(m => m.toLowerCase().includes(q))) : [];
  $("hits").textContent = q ? `${hits.length} found` : "";
  if (!q) return;
  world.classList.add("dim");
  for (const i of hits) nodeEl[i].classList.add("lit", "hit");
  at = -1;
  if (hits.length) fit(hits);
};
$("search").addEventListener("input", search);
$("search").addEventListener("keydown", e => {
  if (e.key === "Enter" && hits.length) { at = (at + 1) % hits.length; const i = hits[at]; select(i, true); }
  if (e.key === "Escape") { $("search").value = ""; search(); svg.focus(); }
  e.stopPropagation();
});

// Focus hides what is more than two steps away from the selection.
let focused = false;
const focus = () => {
  focused = !focused && selected >= 0;
  $("focus").setAttribute("aria-pressed", focused);
  const near = new Map();
  if (focused) for (const [edges, end] of [[out, "to"], [into, "from"]]) {
    const dist = new Map([[selected, 0]]), queue = [selected];
    for (const n of queue) if (dist.get(n) < 2) for (const l of edges[n]) {
      const k = links[l][end];
      if (!dist.has(k)) { dist.set(k, dist.get(n) + 1); queue.push(k); }
    }
    for (const n of queue) near.set(n, true);
  }
  const gone = i => focused && !near.has(i);
  nodeEl.forEach((el, i) => el.classList.toggle("hidden", gone(i)));
  linkEl.forEach((el, i) => el.classList.toggle("hidden", gone(links[i].from) || gone(links[i].to)));
  $("frames").classList.toggle("hidden", focused);
  if (focused) fit([...near.keys()]); else if (selected < 0) $("focus").disabled = true;
};
$("focus").addEventListener("click", focus);

// Cycles are condensed into boxes of their own, or among the links.
const inCycle = (() => {
  const index = [], low = [], on = [], stack = [], set = new Set();
  let next = 0;
  for (let s = 0; s < nodes.length; s++) {
    if (index[s] !== undefined) continue;
    const calls = [[s, 0]];
    while (calls.length) {
      const top = calls[calls.length - 1], [v, k] = top;
      if (k === 0) { index[v] = low[v] = next++; stack.push(v); on[v] = true; }
      if (k < out[v].length) {
        top[1]++;
        const w = links[out[v][k]].to;
        if (index[w] === undefined) calls.push([w, 0]);
        else if (on[w]) low[v] = Math.min(low[v], index[w]);
        continue;
      }
      if (low[v] === index[v]) {
        const comp = [];
        let w;
        do { w = stack.pop(); on[w] = false; comp.push(w); } while (w !== v);
        if (comp.length > 1) comp.forEach(n => set.add(n));
      }
      calls.pop();
      if (calls.length) { const p = calls[calls.length - 1][0]; low[p] = Math.min(low[p], low[v]); }
    }
  }
  nodes.forEach((n, i) => { if (n.detail && /^cycle of /.test(n.detail)) set.add(i); });
  return set;
})();
const cycles = () => {
  const on = $("cycles").getAttribute("aria-pressed") !== "true";
  select(-1);
  $("cycles").setAttribute("aria-pressed", on);
  $("hits").textContent = on ? `${inCycle.size} in cycles` : "";
  if (!on) return;
  world.classList.add("dim");
  for (const i of inCycle) nodeEl[i].classList.add("lit", "hit");
  links.forEach((l, i) => { if (inCycle.has(l.from) && inCycle.has(l.to)) linkEl[i].classList.add("lit", "down"); });
  if (inCycle.size) fit([...inCycle]);
};
$("cycles").addEventListener("click", cycles);

// Collapse draws one box per organisation where its members' middle is.
const NS = "http://www.w3.org/2000/svg";
const make = (parent, tag, attrs, text) => {
  const el = document.createElementNS(NS, tag);
  for (const k in attrs) el.setAttribute(k, attrs[k]);
  if (text !== undefined) el.textContent = text;
  parent.append(el);
  return el;
};
const collapse = mode => {
  select(-1);
  if (focused) focus();
  const groups = $("groups");
  groups.replaceChildren();
  const on = mode === "org";
  for (const id of ["frames", "links", "nodes"]) $(id).classList.toggle("hidden", on);
  if (!on) { fit(); return; }
  const by = new Map(), key = n => n.kind === "main" ? n.id : n.org || n.id;
  nodes.forEach((n, i) => { const k = key(n); if (!by.has(k)) by.set(k, []); by.get(k).push(i); });
  const names = [...by.keys()];
  const cols = Math.ceil(Math.sqrt(names.length / 1.6)), W = 250, H = 64;
  const depth = new Map();
  const order = names.map(name => ({name, x: by.get(name).reduce((s, i) => s + nodes[i].box[0], 0) / by.get(name).length}));
  order.sort((a, b) => a.x - b.x || (a.name < b.name ? -1 : 1));
  const rows = Math.ceil(names.length / cols);
  order.forEach((o, k) => depth.set(o.name, [Math.floor(k / rows) * W, (k % rows) * H]));
  const seen = new Map();
  for (const l of links) {
    const a = key(nodes[l.from]), b = key(nodes[l.to]);
    if (a !== b) seen.set(a + "\n" + b, (seen.get(a + "\n" + b) || 0) + 1);
  }
  for (const [k, n] of seen) {
    const [a, b] = k.split("\n"), [ax, ay] = depth.get(a), [bx, by_] = depth.get(b);
    const g = make(groups, "g", {class: "link"});
    make(g, "path", {d: `M${ax + 95} ${ay + 16}C${ax + 140} ${ay + 16} ${bx + 50} ${by_ + 16} ${bx + 95} ${by_ + 16}`, stroke: "#94a3b8", fill: "none", "stroke-width": Math.min(6, 0.6 + Math.log2(n)), "stroke-opacity": .35});
  }
  for (const {name} of order) {
    const [x, y] = depth.get(name), members = by.get(name);
    const g = make(groups, "g", {class: "node " + (members.length > 1 ? "group" : nodes[members[0]].kind), "data-group": name, "data-n": members[0]});
    make(g, "title", {}, members.map(i => nodes[i].label).join("\n"));
    make(g, "rect", {x, y, width: 190, height: 33, rx: 5, fill: "#e2e8f0", stroke: "#64748b"});
    make(g, "text", {x: x + 95, y: y + 14.5, "font-size": 11, "text-anchor": "middle", fill: "#0f172a"}, name.length > 32 ? "…" + name.slice(-31) : name);
    const bytes = members.reduce((s, i) => s + (nodes[i].bytes || 0), 0);
    make(g, "text", {x: x + 95, y: y + 26.5, "font-size": 9, "text-anchor": "middle", fill: "#64748b"}, members.length + (members.length === 1 ? " " + graph.unit : " " + graph.unit + "s") + (bytes ? "  " + size(bytes) : ""));
  }
  box = {x: -20, y: -20, w: cols * W + 20, h: rows * H + 20};
  show();
};
$("collapse").addEventListener("change", e => collapse(e.target.value));

// Theme follows the system until it is switched by hand.
const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = t => document.documentElement.dataset.theme = t;
theme(dark.matches ? "dark" : "light");
dark.addEventListener("change", () => theme(dark.matches ? "dark" : "light"));
const toggle = () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
$("theme").addEventListener("click", toggle);
$("fit").addEventListener("click", () => $("collapse").value ? collapse("org") : fit());

window.addEventListener("keydown", e => {
  if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
  const step = box.w / 12;
  const move = (dx, dy) => { box.x += dx; box.y += dy; show(); };
  const keys = {
    "/": () => $("search").focus(), "+": () => zoom(0.8), "=": () => zoom(0.8), "-": () => zoom(1.25),
    "0": () => $("fit").click(), f: () => { if (!$("focus").disabled) focus(); }, c: cycles, t: toggle,
    Escape: () => { if (focused) focus(); select(-1); },
    ArrowLeft: () => move(-step, 0), ArrowRight: () => move(step, 0), ArrowUp: () => move(0, -step), ArrowDown: () => move(0, step),
    n: () => { const i = (selected + 1) % nodes.length; select(i, true); }, p: () => { const i = (selected - 1 + nodes.length) % nodes.length; select(i, true); },
  };
  const act = keys[e.key];
  if (act && nodes.length) { e.preventDefault(); act(); }
});
})();
