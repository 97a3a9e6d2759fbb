// What hangs together with a box of a picture: all else fades.
const FADES_MAX = 600;

// Returns a function that is told the number of a box, or null for none.
export function pathsOf(svg) {
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

  const hosts = new Map();
  for (const box of boxes) {
    const { box: part, inside } = box.dataset;
    hosts.set(part, inside);
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

  return function point(name) {
    if (name === null || boxes.length > FADES_MAX) {
      for (const one of svg.querySelectorAll(".faded")) one.classList.remove("faded");
      return;
    }
    const down = reached(name, ahead);
    const up = reached(name, behind);
    // What something of it is inside of is seen with it: else it would stand in nothing.
    const seen = new Set();
    for (const one of [...down, ...up]) for (let box = one; box !== undefined; box = hosts.get(box)) seen.add(box);
    for (const one of boxes) one.classList.toggle("faded", !seen.has(one.dataset.box));
    for (const one of lines) {
      const { from, to } = one.dataset;
      one.classList.toggle("faded", !((down.has(from) && down.has(to)) || (up.has(from) && up.has(to))));
    }
  };
}
