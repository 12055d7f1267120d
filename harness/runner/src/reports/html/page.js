const query = document.getElementById("query"), verdict = document.getElementById("verdict");
function filter() {
  const text = query.value.toLowerCase(), wanted = verdict.value;
  for (const row of document.querySelectorAll("[data-pack]")) {
    const fits = row.dataset.pack.toLowerCase().includes(text) && (!wanted || row.dataset.verdict === wanted);
    row.classList.toggle("hidden", !fits);
  }
}
query.addEventListener("input", filter);
verdict.addEventListener("change", filter);
document.getElementById("filter").classList.remove("hidden");
