// Answers taps on what the hub has drawn, until the page's own script is here to do them. It is small,
// first on its way, and no module (those wait for each other): it is there before anything is seen.

addEventListener("click", ({ target }) => {
  const button = target.closest("#app[aria-busy] button");
  if (!button) return;
  const taps = Number(button.dataset.taps ?? 0) + 1;
  button.dataset.taps = taps;
  button.setAttribute("aria-busy", "true");
  if (!button.matches(".add-button:not([aria-haspopup])")) return;
  // Counted as guest/menu.js counts what is on its way to the cart.
  const count = document.createElement("span");
  count.className = "add-count";
  count.textContent = taps;
  button.replaceChildren(count);
  button.classList.add("has");
});
