// What of the picture is seen stands in the address, so that a link shows the same again.
const NAME = "seen";
const CHANGES = ["open", "lang", NAME];

export function given() {
  const told = new URL(window.location.href).searchParams.get(NAME)?.split(",").map(Number);
  if (told?.length !== 4 || !told.every(Number.isFinite) || told[2] < 1 || told[3] < 1) return null;
  return { x: told[0], y: told[1], width: told[2], height: told[3] };
}

let noted = 0;
let last = null;

export function note({ x, y, width, height }) {
  last = [x, y, width, height].map(Math.round).join(",");
  clearTimeout(noted);
  noted = setTimeout(write, 200);
}

function write() {
  const address = new URL(window.location.href);
  address.searchParams.set(NAME, last);
  window.history.replaceState(window.history.state, "", address);
}

// A link to the same picture, with something opened beside it or in another language, leads to what is seen now.
export function keepIn(page) {
  page.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    const target = link?.getAttribute("href");
    if (last === null || !target?.startsWith("/explore?")) return;
    const address = new URL(target, window.location.href);
    if (picture(address) !== picture(new URL(window.location.href))) return;
    address.searchParams.set(NAME, last);
    link.setAttribute("href", `${address.pathname}${address.search}${address.hash}`);
  }, true);
}

// An address without what leaves the picture as it is.
function picture(address) {
  const told = new URLSearchParams(address.search);
  for (const name of CHANGES) told.delete(name);
  told.sort();
  return told.toString();
}
