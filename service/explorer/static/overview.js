// The latest events as they are recorded, over server-sent events. Without this script the page is as of its loading.
const query = "subscription { eventRecorded { node { type occurredAt status items { key } } } }";
const list = document.getElementById("latest");
const texts = JSON.parse(list.dataset.texts);
const source = new EventSource(`/graphql/stream?query=${encodeURIComponent(query)}`);
source.addEventListener("open", () => {
  const live = document.getElementById("live");
  live.textContent = `${live.textContent} · ${live.dataset.live}`;
}, { once: true });
source.addEventListener("next", (event) => {
  const node = JSON.parse(event.data).data?.eventRecorded.node;
  if (!node) return;
  const entry = document.createElement("li");
  entry.className = "fresh";
  entry.append(`${node.occurredAt.slice(0, 10)} ${texts[node.type] ?? node.type} `);
  if (node.status !== "ACCEPTED") {
    const status = document.createElement("em");
    status.className = "warn";
    status.textContent = texts[node.status] ?? node.status;
    entry.append(status, " ");
  }
  for (const item of node.items.slice(0, 2)) {
    const link = document.createElement("a");
    link.className = "code";
    link.href = `/explore?key=${encodeURIComponent(item.key)}`;
    link.textContent = item.key;
    entry.append(link, " ");
  }
  list.prepend(entry);
  while (list.children.length > 15) list.lastElementChild.remove();
});
