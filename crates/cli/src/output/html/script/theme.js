// Light and dark: without this the page follows the system; with it a reader may choose.

function startTheme() {
  const button = byId("theme");
  let dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const show = () => { button.textContent = dark ? "Light" : "Dark"; };
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    dark = !dark;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    show();
  });
}
