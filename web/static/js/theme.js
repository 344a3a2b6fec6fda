// Runs before the page is painted: marks that scripts work, and applies a
// guest's choice of colours. Members' choice comes with the page.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const theme = localStorage.getItem("theme");
    if (theme && !root.dataset.theme) root.dataset.theme = theme;
  } catch { /* storage is off: the device decides */ }
})();
