// Tables whose columns sort; without this script they are in the order of the trace.
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const body = table.tBodies[0];
  table.querySelectorAll("thead th").forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const way = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", way === 1 ? "ascending" : "descending");
      const text = (row) => row.cells[column].querySelector("time")?.dateTime ?? row.cells[column].textContent.trim();
      const rows = [...body.rows].sort((a, b) => way * text(a).localeCompare(text(b), undefined, { numeric: true }));
      body.append(...rows);
    });
  });
}
