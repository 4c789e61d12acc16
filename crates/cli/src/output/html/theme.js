// Without this the page follows the system; with it a reader may choose.
(function () {
  var button = document.getElementById("theme");
  var dark = matchMedia("(prefers-color-scheme: dark)").matches;
  function show() { button.textContent = dark ? "Light" : "Dark"; }
  button.hidden = false;
  show();
  button.addEventListener("click", function () {
    dark = !dark;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    show();
  });
})();
