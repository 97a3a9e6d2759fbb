// The latest events as they are recorded, over server-sent events. Without this script the page is as of its loading.
const MODELS = ["Battery", "Module", "Cell", "Component", "Vehicle"].map((kind) => `... on ${kind} { model }`).join(" ");
const ITEMS = `items { key kind ${MODELS} ... on MaterialLot { material } }`;
const query = `subscription { eventRecorded { cursor node { eventId type occurredAt status actor { key name } ${ITEMS} } } }`;
const list = document.getElementById("latest");
const texts = JSON.parse(list.dataset.texts);
const day = new Intl.DateTimeFormat(list.dataset.locale, { dateStyle: "medium", timeZone: "Etc/GMT-8" });
const source = new EventSource(`/graphql/stream?query=${encodeURIComponent(query)}`);
const live = document.getElementById("live");
const BETWEEN_MS = 2_000;
let asking = false;
let stale = false;
let opened = false;
source.addEventListener("open", () => {
  live.textContent = ` · ${live.dataset.live}`;
  if (opened) refresh();
  opened = true;
});
source.addEventListener("error", () => {
  live.textContent = ` · ${live.dataset.lost}`;
});
source.addEventListener("next", (event) => {
  const { data, errors } = JSON.parse(event.data);
  if (errors && !["ENDED", "STALLED"].includes(errors[0].extensions.code)) {
    // Not for this reader, so it would be told the same again; after the end of a service the browser comes back.
    source.close();
    live.textContent = "";
  }
  const node = data?.eventRecorded.node;
  if (!node) return;
  const entry = document.createElement("li");
  entry.className = "fresh";
  entry.append(`${day.format(new Date(node.occurredAt))} `, linked(`/event/${encodeURIComponent(node.eventId)}`, texts[node.type] ?? node.type));
  if (node.status !== "ACCEPTED") {
    const status = document.createElement("em");
    status.className = "warn";
    status.textContent = texts[node.status] ?? node.status;
    entry.append(" ", status);
  }
  if (node.actor) entry.append(" · ", linked(`/organization/${encodeURIComponent(node.actor.key)}`, node.actor.name ?? node.actor.key));
  for (const item of node.items.slice(0, 2)) {
    const told = [texts[item.kind] ?? item.kind, item.model ?? item.material].filter(Boolean).join(" ");
    const link = linked(`/explore?key=${encodeURIComponent(item.key)}`, `${told} `);
    const key = document.createElement("span");
    key.className = "code";
    key.textContent = item.key;
    link.append(key);
    entry.append(" · ", link);
  }
  list.prepend(entry);
  while (list.children.length > 15) list.lastElementChild.remove();
  refresh();
});

// What is counted is drawn by the service again, without what takes it long; not more often than every two seconds.
async function refresh() {
  stale = true;
  if (asking) return;
  asking = true;
  while (stale) {
    stale = false;
    const answer = await fetch("/overview?years=none").catch(() => null);
    if (answer?.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of fresh.querySelectorAll("[data-now]")) document.getElementById(part.id)?.replaceWith(part);
    }
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  }
  asking = false;
}

function linked(address, text) {
  const link = document.createElement("a");
  link.href = address;
  link.textContent = text;
  return link;
}
