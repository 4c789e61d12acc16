// Keys for the whole page, and paper: `/` goes to the search, Esc empties it, and what is folded is
// unfolded for a print.

function startKeys() {
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input, select, textarea");
    const search = byId("metrics-search");
    if (event.key === "/" && !field && !event.ctrlKey && !event.metaKey && search) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && field && field.type === "search") {
      field.value = "";
      field.dispatchEvent(new Event("input"));
    }
  });
}

function startPrint() {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = Array.from(document.querySelectorAll("details:not([open])"));
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
}
