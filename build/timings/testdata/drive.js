// Drives the page as a user would and writes what is to be seen into #result,
// as JSON. It runs before the page's own script: under the virtual time of a
// headless Chromium frames are not drawn reliably, but timers run.
window.requestAnimationFrame = (f) => setTimeout(f, 16);

const $ = (id) => document.getElementById(id);
const frame = () => new Promise((done) => setTimeout(done, 100));
const type = (text) => { $("filter").value = text; $("filter").dispatchEvent(new Event("input")); };
const press = (key, at = $("view")) => at.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const pick = (id, value) => { $(id).value = value; $(id).dispatchEvent(new Event("change")); };
const cells = (n) => [...$("slow").tBodies[0].rows].map((r) => r.cells[n].textContent);
const pressed = () => [...$("outcomes").children].filter((b) => b.ariaPressed === "true").map((b) => b.value);
// ink counts the pixels of a canvas that are drawn on.
const ink = (id) => {
  const c = $(id), bytes = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
  let n = 0;
  for (let i = 3; i < bytes.length; i += 4) if (bytes[i]) n++;
  return n;
};

const seen = {};
const drive = async () => {
  await frame();
  seen.count = $("count").textContent;
  seen.pressed = pressed();
  seen.cards = [...document.querySelectorAll(".card .value")].map((e) => e.textContent);
  seen.path = $("path").tBodies[0].rows.length;
  seen.ink = ["load", "rows", "map"].map(ink);

  type("AREA3 p1");
  seen.filtered = $("count").textContent;
  seen.filteredNames = cells(0);
  type("no such package");
  seen.none = $("count").textContent;
  type("");
  $("outcomes").querySelector("[value=compiled]").click();
  seen.without = $("count").textContent;
  $("outcomes").querySelector("[value=compiled]").click();
  pick("least", "100000000");
  seen.long = $("count").textContent;
  pick("least", "0");
  press("c");
  seen.critical = $("count").textContent;
  press("c");
  seen.all = $("count").textContent;

  $("slow").tHead.rows[0].cells[0].firstChild.click();
  seen.sorted = [$("slow").tHead.querySelector("[aria-sort]").ariaSort, ...cells(0).slice(0, 3)];
  $("slow").nextSibling.click();
  seen.rows = cells(0).length;

  seen.order = $("sort").value;
  pick("sort", "name"); // the rows, not the table
  press("ArrowDown");
  press("ArrowDown");
  seen.selected = $("detail").querySelector("b").textContent;
  press("End");
  seen.last = $("detail").querySelector("b").textContent;
  await frame();
  seen.scrolled = $("view").scrollTop > 0;
  const before = ink("load");
  press("+");
  press("+");
  await frame();
  seen.zoomed = ink("load") !== before;
  press("0");
  await frame();
  seen.unzoomed = ink("load") === before;

  const box = $("view").getBoundingClientRect();
  $("view").dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + 400, clientY: box.top + 40 }));
  seen.tip = !$("tip").hidden && $("tip").textContent.length > 20;
  press("t");
  seen.theme = document.documentElement.dataset.theme;
  press("/");
  seen.focus = document.activeElement.id;
  seen.title = document.title;
  seen.images = document.images.length;
  seen.scripts = document.scripts.length;
};
addEventListener("load", () => drive().catch((e) => { seen.error = String(e.stack); }).finally(() => {
  const pre = document.createElement("pre");
  pre.id = "result";
  pre.textContent = JSON.stringify(seen);
  document.body.append(pre);
}));
