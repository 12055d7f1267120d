const query = document.getElementById("query"), verdict = document.getElementById("verdict");
function filter() {
  const text = query.value.toLowerCase(), wanted = verdict.value;
  for (const row of document.querySelectorAll("[data-pack]")) {
    const fits = row.dataset.pack.toLowerCase().includes(text) && (!wanted || row.dataset.verdict === wanted);
    row.classList.toggle("hidden", !fits);
  }
}
// A link may say what is shown: report.html#verdict=fail&pack=telegram
const asked = new URLSearchParams(location.hash.slice(1));
query.value = asked.get("pack") ?? "";
verdict.value = asked.get("verdict") ?? "";
filter();
query.addEventListener("input", filter);
verdict.addEventListener("change", filter);
document.getElementById("filter").classList.remove("hidden");
