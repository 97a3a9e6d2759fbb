// A small map of a picture that is larger than its frame: where its boxes are, and what of them is seen.
const WIDTH = 200;
const HEIGHT = 80;
const NAMESPACE = "http://www.w3.org/2000/svg";

function made(parent, name, attributes) {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent.append(element);
  return element;
}

// The boxes of a selector as one path; those of events are dots.
function course(picture, selector, least) {
  const moved = picture.querySelector("g[transform]").transform.baseVal[0].matrix;
  const found = [];
  for (const shape of picture.querySelectorAll(selector)) {
    const place = shape.getBBox();
    const width = Math.max(place.width, least);
    const height = Math.max(place.height, least);
    found.push(`M${place.x + moved.e} ${place.y + moved.f}h${width}v${height}h${-width}z`);
  }
  return found.join("");
}

// `go` is called with the place in the picture that is pointed at.
export function mapOf(element, picture, whole, go) {
  const size = Math.min(WIDTH / whole.width, HEIGHT / whole.height);
  const drawing = made(element, "svg", {
    viewBox: `0 0 ${whole.width} ${whole.height}`, width: whole.width * size, height: whole.height * size,
  });
  const least = 2 / size;
  made(drawing, "path", { class: "all", d: course(picture, "[data-box] > rect, [data-box] > circle", least) });
  made(drawing, "path", { class: "root", d: course(picture, "[data-box].root > rect, [data-box].marked > rect", 3 * least) });
  const view = made(drawing, "rect", { class: "seen", rx: least });

  function point(event) {
    event.preventDefault();
    if (event.type === "pointerdown") element.setPointerCapture(event.pointerId);
    else if (!element.hasPointerCapture(event.pointerId)) return;
    const edge = drawing.getBoundingClientRect();
    go((event.clientX - edge.left) / size, (event.clientY - edge.top) / size);
  }
  element.addEventListener("pointerdown", point);
  element.addEventListener("pointermove", point);

  return {
    show(seen) {
      for (const name of ["x", "y", "width", "height"]) view.setAttribute(name, seen[name]);
      const left = Math.max(0, -seen.x) + Math.max(0, seen.x + seen.width - whole.width);
      const top = Math.max(0, -seen.y) + Math.max(0, seen.y + seen.height - whole.height);
      element.hidden = seen.width - left >= whole.width - 1 && seen.height - top >= whole.height - 1;
    },
  };
}
