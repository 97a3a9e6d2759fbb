// Where there is more of a picture than its frame shows: a shade at the edge, and a button that goes on there.
const STEP = 0.6;
// What is cut off by less than so many pixels of the picture is margin.
const MARGIN = 20;

// `go` is called with how far to move, right and down, in shares of what is seen.
export function edgesOf(viewer, whole, go) {
  const ways = { left: [-STEP, 0], right: [STEP, 0], above: [0, -STEP], below: [0, STEP] };
  const buttons = new Map([...viewer.querySelectorAll("[data-onward]")].map((one) => [one.dataset.onward, one]));
  for (const [name, button] of buttons) button.addEventListener("click", () => go(...ways[name]));
  return {
    show({ x, y, width, height }) {
      const cut = { left: x, right: whole.width - x - width, above: y, below: whole.height - y - height };
      for (const [name, button] of buttons) button.hidden = cut[name] <= MARGIN;
      viewer.dataset.more = Object.keys(cut).filter((name) => cut[name] > MARGIN).join(" ");
    },
  };
}
