// The picture: move, zoom, fit; what hangs together with what is pointed at. Without this script it is a picture with links.
import { mapOf } from "./map.js";

const frame = document.getElementById("frame");
const svg = frame.querySelector("svg");
const whole = { x: 0, y: 0, width: svg.viewBox.baseVal.width, height: svg.viewBox.baseVal.height };
let box = { ...whole };
let map = null;

// Moves are left to the compositor: the picture is a layer of its own, drawn once, and drawn anew at another size only
// when it rests.
let drawnAt = 0;
let resting = 0;

function show() {
  const now = seen();
  const size = 1 / scale();
  svg.style.transform = `translate(${-now.x * size}px, ${-now.y * size}px) scale(${size})`;
  frame.dataset.seen = [now.x, now.y, now.width, now.height].map(Math.round).join(" ");
  map?.show(now);
  clearTimeout(resting);
  if (size !== drawnAt) resting = setTimeout(() => sharpen(size), 150);
}

function sharpen(size) {
  drawnAt = size;
  frame.classList.remove("moving");
  requestAnimationFrame(() => requestAnimationFrame(() => frame.classList.add("moving")));
}

// What of the picture the frame shows, which is more than the box where their shapes differ.
function seen() {
  const width = frame.clientWidth * scale();
  return { x: box.x - (width - box.width) / 2, y: box.y, width, height: frame.clientHeight * scale() };
}

function fit() {
  box = { ...whole };
  show();
}

// A picture that would be too small to read begins at what is looked at, or at its root.
function begin() {
  fit();
  const root = svg.querySelector("[data-box].marked") ?? svg.querySelector("[data-box].root");
  if (!root || scale() < 1.7) return;
  const { x, y, width, height } = (root.querySelector("rect, circle") ?? root).getBBox();
  box.width = frame.clientWidth * 1.2;
  box.height = frame.clientHeight * 1.2;
  const left = Number(root.closest("g[transform]")?.transform.baseVal[0]?.matrix.e ?? 0);
  const top = Number(root.closest("g[transform]")?.transform.baseVal[0]?.matrix.f ?? 0);
  box.x = left + x + Math.min(width / 2, box.width / 3) - box.width / 2;
  box.y = top + y + Math.min(height / 2, box.height / 3) - box.height / 2;
  show();
}

// What is at a place of the frame, in shares of its width and height, stays there.
function zoom(factor, x = 0.5, y = 0.5) {
  const before = seen();
  const by = Math.min(Math.max(box.width * factor, 120), whole.width * 3) / box.width;
  box.width *= by;
  box.height *= by;
  box.x = before.x + before.width * (1 - by) * x + (before.width * by - box.width) / 2;
  box.y = before.y + before.height * (1 - by) * y;
  show();
}

function scale() {
  return Math.max(box.width / frame.clientWidth, box.height / frame.clientHeight);
}

function move(right, down) {
  box.x += right;
  box.y += down;
  show();
}

// Two fingers zoom about the middle between them, and move it.
const fingers = new Map();

function pinch(event) {
  const before = [...fingers.values()];
  fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  const after = [...fingers.values()];
  const edge = frame.getBoundingClientRect();
  const middle = ([one, other]) => ({ x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 });
  const apart = ([one, other]) => Math.max(Math.hypot(one.x - other.x, one.y - other.y), 1);
  const [from, to] = [middle(before), middle(after)];
  move((from.x - to.x) * scale(), (from.y - to.y) * scale());
  zoom(apart(before) / apart(after), (to.x - edge.left) / edge.width, (to.y - edge.top) / edge.height);
}

for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, (event) => fingers.delete(event.pointerId));

let held = null;
frame.addEventListener("pointerdown", (event) => {
  if (event.pointerType === "touch") fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  if (event.button === 0) held = { x: event.clientX, y: event.clientY, moved: false };
});
frame.addEventListener("pointermove", (event) => {
  if (fingers.size === 2 && fingers.has(event.pointerId)) {
    if (held) held.moved = true;
    pinch(event);
    return;
  }
  if (!held) return;
  const right = held.x - event.clientX;
  const down = held.y - event.clientY;
  if (!held.moved && Math.hypot(right, down) < 5) return;
  held = { x: event.clientX, y: event.clientY, moved: true };
  move(right * scale(), down * scale());
});
window.addEventListener("pointerup", () => setTimeout(() => { held = null; }));
frame.addEventListener("click", (event) => { if (held?.moved) event.preventDefault(); }, true);
frame.addEventListener("dragstart", (event) => event.preventDefault());
frame.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  const edge = frame.getBoundingClientRect();
  zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, (event.clientX - edge.left) / edge.width, (event.clientY - edge.top) / edge.height);
}, { passive: false });
frame.addEventListener("keydown", (event) => {
  const step = 60 * scale();
  const act = {
    ArrowLeft: () => move(-step, 0), ArrowRight: () => move(step, 0), ArrowUp: () => move(0, -step), ArrowDown: () => move(0, step),
    "+": () => zoom(1 / 1.25), "=": () => zoom(1 / 1.25), "-": () => zoom(1.25), "0": fit,
  }[event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act();
});
document.getElementById("zoom").addEventListener("click", (event) => {
  const act = { in: () => zoom(1 / 1.25), out: () => zoom(1.25), fit }[event.target.dataset.zoom];
  if (act) act();
});

// What a box leads to and comes from, along the direction of matter; all else fades. What goes into a part goes into
// what that is inside of, and what came of a whole came of its parts.
const boxes = [...svg.querySelectorAll("[data-box]")];
const lines = [...svg.querySelectorAll("[data-from]")];
const ahead = new Map();
const behind = new Map();
for (const line of lines) {
  const { from, to } = line.dataset;
  ahead.set(from, [...(ahead.get(from) ?? []), to]);
  behind.set(to, [...(behind.get(to) ?? []), from]);
}

for (const box of boxes) {
  const { box: part, inside } = box.dataset;
  if (inside === undefined) continue;
  ahead.set(part, [...(ahead.get(part) ?? []), inside]);
  behind.set(inside, [...(behind.get(inside) ?? []), part]);
}

function reached(start, ways) {
  const found = new Set([start]);
  const waiting = [start];
  while (waiting.length) {
    for (const next of ways.get(waiting.pop()) ?? []) {
      if (!found.has(next)) { found.add(next); waiting.push(next); }
    }
  }
  return found;
}

function point(name) {
  if (name === null || boxes.length > 600) {
    for (const one of svg.querySelectorAll(".faded")) one.classList.remove("faded");
    return;
  }
  const down = reached(name, ahead);
  const up = reached(name, behind);
  for (const one of boxes) one.classList.toggle("faded", !down.has(one.dataset.box) && !up.has(one.dataset.box));
  for (const one of lines) {
    const { from, to } = one.dataset;
    one.classList.toggle("faded", !((down.has(from) && down.has(to)) || (up.has(from) && up.has(to))));
  }
}

let waiting = 0;
for (const one of boxes) {
  one.addEventListener("pointerenter", () => { clearTimeout(waiting); waiting = setTimeout(() => point(one.dataset.box), 150); });
  one.addEventListener("pointerleave", () => { clearTimeout(waiting); waiting = setTimeout(() => point(null), 150); });
  one.addEventListener("focus", () => {
    point(one.dataset.box);
    frame.scrollTo(0, 0);
    const edge = one.getBoundingClientRect();
    const around = frame.getBoundingClientRect();
    if (edge.left < around.left || edge.right > around.right || edge.top < around.top || edge.bottom > around.bottom) {
      move((edge.left + edge.width / 2 - around.left - around.width / 2) * scale(), (edge.top + edge.height / 2 - around.top - around.height / 2) * scale());
    }
  });
  one.addEventListener("blur", () => point(null));
}

frame.classList.add("live");
new ResizeObserver(show).observe(frame);
// What is focused is moved into sight by its own handler; a browser would scroll the frame.
frame.addEventListener("scroll", () => frame.scrollTo(0, 0));
frame.style.setProperty("--ratio", whole.height / whole.width);
document.getElementById("zoom").hidden = false;
map = mapOf(document.getElementById("map"), svg, whole, frame, (x, y) => {
  const now = seen();
  move(x - now.x - now.width / 2, y - now.y - now.height / 2);
});
begin();
