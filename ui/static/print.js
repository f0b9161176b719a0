// The button needs this script: without it, the page says nothing of it.
const button = document.getElementById("imprimer");
button.hidden = false;
button.addEventListener("click", () => window.print());
