// The picture: move, zoom, fit; what hangs together with what is pointed at. Without this script it is a picture with links.
import { given, note, keepIn } from "./address.js";
import { edgesOf } from "./edges.js";
import { mapOf } from "./map.js";
import { pathsOf } from "./paths.js";

// Texts of a picture are 10 pixels high and more: smaller than so, they are not to be read; on a phone not even so.
const PHONE = matchMedia("(max-width: 48rem)").matches;
const SMALLEST = PHONE ? 1 : 0.85;
// On a phone all of a large picture is nothing to read: it fits where its texts are so large, else as wide as may be.
const FITTING = PHONE ? 0.9 : 0;
const LARGEST = 2;
const NEAR = 0.06;
// A box that is larger than the frame begins so far inside of it; so much of it is seen before anything else.
const INSET = 24;
const HEAD = 60;
// Room below the frame for what moves it and for what its colours mean, where that is not much.
const BELOW = 160;
// So much of the window's height a picture takes that would else be cut off, where less is free than is of use.
const MOST = 0.6;
const OF_USE = 300;

const frame = document.getElementById("frame");
const svg = frame.querySelector("svg");
const whole = { x: 0, y: 0, width: svg.viewBox.baseVal.width, height: svg.viewBox.baseVal.height };
let box = { ...whole };
let map = null;
let edges = null;
let begun = false;
let moved = given() !== null;

// Moves are left to the compositor: the picture is a layer of its own, drawn once, and drawn anew at another size only
// when it rests.
let drawnAt = 0;
let resting = 0;

function show() {
  if (begun) {
    moved = true;
    note(seen());
  }
  const now = seen();
  const size = 1 / scale();
  svg.style.transform = `translate(${-now.x * size}px, ${-now.y * size}px) scale(${size})`;
  frame.dataset.seen = [now.x, now.y, now.width, now.height].map(Math.round).join(" ");
  map?.show(now);
  edges?.show(now);
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
  const height = frame.clientHeight * scale();
  return { x: box.x - (width - box.width) / 2, y: box.y - (height - box.height) / 2, width, height };
}

// All of it; what would be very large stands in the middle, what would be too small begins at its root.
function fit() {
  box = { ...whole };
  if (scale() < 1 / LARGEST) center(whole.width / 2, whole.height / 2, LARGEST);
  if (scale() > 1 / FITTING) beginAt(root(), Math.max(FITTING, Math.min(1, frame.clientWidth / whole.width)));
  show();
}

// The frame takes the width that it has, and no more of the height than the picture needs and the window has free; more
// than that, where the picture would else be cut off.
function measure() {
  const below = document.getElementById("below").getBoundingClientRect().height + 16;
  const free = window.innerHeight - frame.getBoundingClientRect().top - window.scrollY - Math.min(below, BELOW);
  const least = whole.height * SMALLEST;
  const needed = whole.height * Math.min(Math.max(frame.clientWidth / whole.width, SMALLEST), LARGEST);
  const most = free >= OF_USE ? free : window.innerHeight * MOST;
  const height = least > free ? Math.min(least, most) : Math.min(needed, free);
  frame.style.setProperty("--height", `${Math.round(Math.max(height, 200))}px`);
}

// All of it is seen, where it is large enough to read; else it begins at what is looked at, or at its root.
function begin() {
  const told = given();
  if (told) {
    box = told;
    show();
    return;
  }
  box = { ...whole };
  if (scale() <= 1 / SMALLEST) fit();
  else beginAt(root(), SMALLEST);
}

// What is looked at, or the root.
function root() {
  return svg.querySelector("[data-box].marked") ?? svg.querySelector("[data-box].root");
}

// It begins at a box, and at what is contested, as far as both are in sight.
function beginAt(one, size) {
  const all = edgesOfBox(one.querySelector("rect, circle") ?? one);
  const room = { width: frame.clientWidth / size - 2 * INSET, height: frame.clientHeight / size - 2 * INSET };
  let first = { ...all, right: Math.min(all.right, all.left + room.width), bottom: Math.min(all.bottom, all.top + HEAD) };
  for (const line of svg.querySelectorAll("path.contested")) {
    const both = joined(first, edgesOfBox(line));
    if (both.right - both.left <= room.width && both.bottom - both.top <= room.height) first = both;
  }
  const { left, top, right, bottom } = joined(first, all);
  center(left + Math.min(right - left, room.width) / 2, top + Math.min(bottom - top, room.height) / 2, size);
  box.x = within(box.x, box.width, whole.width);
  box.y = within(box.y, box.height, whole.height);
  show();
}

function edgesOfBox(element) {
  const { x, y, width, height } = element.getBBox();
  const { e, f } = element.closest("g[transform]").transform.baseVal[0].matrix;
  return { left: e + x, top: f + y, right: e + x + width, bottom: f + y + height };
}

function joined(one, other) {
  return {
    left: Math.min(one.left, other.left), top: Math.min(one.top, other.top),
    right: Math.max(one.right, other.right), bottom: Math.max(one.bottom, other.bottom),
  };
}

// A place of the picture in the middle of the frame, at so many pixels for each of its own.
function center(x, y, size) {
  const [width, height] = [frame.clientWidth / size, frame.clientHeight / size];
  box = { x: x - width / 2, y: y - height / 2, width, height };
}

// Not beyond the edge, and at it where little would be cut off there.
function within(start, size, most) {
  if (size >= most) return (most - size) / 2;
  const near = size * NEAR;
  if (start < near) return 0;
  return start > most - size - near ? most - size : start;
}

// What is at a place of the frame, in shares of its width and height, stays there.
function zoom(factor, x = 0.5, y = 0.5) {
  const before = seen();
  const by = Math.min(Math.max(box.width * factor, 120), whole.width * 3) / box.width;
  box.width *= by;
  box.height *= by;
  box.x = before.x + before.width * (1 - by) * x + (before.width * by - box.width) / 2;
  box.y = before.y + before.height * (1 - by) * y + (before.height * by - box.height) / 2;
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

// Further by shares of what is seen, up to the edge.
function onward(right, down) {
  box = seen();
  box.x = upTo(box.x + right * box.width, whole.width - box.width);
  box.y = upTo(box.y + down * box.height, whole.height - box.height);
  show();
}

function upTo(start, most) {
  return most < 0 ? most / 2 : Math.min(Math.max(start, 0), most);
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
  const down = event.pointerType === "touch" ? 0 : held.y - event.clientY;
  if (!held.moved && Math.hypot(right, down) < 5) return;
  held = { x: event.clientX, y: event.clientY, moved: true };
  move(right * scale(), down * scale());
});
window.addEventListener("pointerup", () => setTimeout(() => { held = null; }));
// A finger that goes up or down scrolls the page, sideways it moves the picture; two are for the picture.
window.addEventListener("pointercancel", () => { held = null; });
frame.addEventListener("touchmove", (event) => { if (event.touches.length > 1) event.preventDefault(); }, { passive: false });
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

const point = pathsOf(svg);
let waiting = 0;
for (const one of svg.querySelectorAll("[data-box]")) {
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
// What is focused is moved into sight by its own handler; a browser would scroll the frame.
frame.addEventListener("scroll", () => frame.scrollTo(0, 0));
document.getElementById("zoom").hidden = false;
measure();
edges = edgesOf(frame.parentElement, whole, onward);
map = mapOf(document.getElementById("map"), svg, whole, (x, y) => {
  const now = seen();
  move(x - now.x - now.width / 2, y - now.y - now.height / 2);
});
keepIn(document);

// Where nobody moved it, it begins anew when the frame has another size.
new ResizeObserver(() => {
  begun = false;
  if (moved) show();
  else begin();
  begun = true;
}).observe(frame);
window.addEventListener("resize", measure);
begin();
measure();  // the map takes room, where there is one
begun = true;
