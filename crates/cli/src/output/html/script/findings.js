// Findings by words and severity.

function startFindings() {
  const articles = Array.from(document.querySelectorAll("#findings .finding"));
  if (articles.length === 0) return;
  const texts = articles.map((article) => article.textContent.toLowerCase());
  const [search, severity] = [byId("findings-search"), byId("findings-severity")];
  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    articles.forEach((article, at) => {
      const is = severity.selectedIndex === 0 || article.classList.contains(severity.value);
      article.hidden = !(is && words.every((word) => texts[at].includes(word)));
      if (!article.hidden) left += 1;
    });
    byId("findings-says").textContent = count(left) + " of " + counted(articles.length, "finding");
  };
  search.addEventListener("input", show);
  severity.addEventListener("input", show);
  byId("findings-filter").hidden = false;
  show();
}
