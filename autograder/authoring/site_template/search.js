// Finds sections that have all the words, those with them in the heading first. Needs no network:
// search-index.js holds every section's text.
"use strict";
(() => {
  const MOST = 20;
  const AROUND = 70;
  const root = document.body.dataset.root;
  const field = document.getElementById("words");
  const results = document.getElementById("results");
  const found = document.getElementById("found");
  const hits = document.getElementById("hits");
  const sections = (window.courseSections || []).map((section) => ({
    ...section,
    head: `${section.page} ${section.heading}`.toLowerCase(),
    body: section.text.toLowerCase(),
  }));

  function score(section, words) {
    let sum = 0;
    for (const word of words) {
      const inHead = section.head.includes(word);
      const inBody = section.body.split(word).length - 1;
      if (!inHead && !inBody) return 0;
      sum += (inHead ? 10 : 0) + Math.min(inBody, 5);
    }
    return sum;
  }

  // Whole words around the first word that is found.
  function excerpt(section, words) {
    const places = words.map((word) => section.body.indexOf(word)).filter((at) => at >= 0);
    const at = places.length ? Math.min(...places) : 0;
    const start = at <= AROUND ? 0 : section.text.indexOf(" ", at - AROUND) + 1;
    const rest = section.text.indexOf(" ", at + AROUND);
    const end = rest < 0 ? section.text.length : rest;
    return (start ? "… " : "") + section.text.slice(start, end) + (rest < 0 ? "" : " …");
  }

  function search() {
    const words = field.value.toLowerCase().split(/\s+/).filter((word) => word.length > 1);
    hits.replaceChildren();
    results.hidden = words.length === 0;
    if (!words.length) return;
    const best = sections
      .map((section) => ({ section, value: score(section, words) }))
      .filter((each) => each.value > 0)
      .sort((a, b) => b.value - a.value);
    found.textContent = best.length
      ? `${best.length} section${best.length === 1 ? "" : "s"} found` + (best.length > MOST ? `, the first ${MOST}:` : ":")
      : "No section has all these words.";
    for (const { section } of best.slice(0, MOST)) {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = root + section.address;
      link.textContent = section.heading === section.page ? section.page : `${section.page}: ${section.heading}`;
      link.addEventListener("click", () => { field.value = ""; search(); });
      const text = document.createElement("p");
      text.textContent = excerpt(section, words);
      item.append(link, text);
      hits.append(item);
    }
  }

  field.addEventListener("input", search);
  document.getElementById("search").addEventListener("submit", (event) => {
    event.preventDefault();
    const first = hits.querySelector("a");
    if (first) first.focus();
  });
})();
