// Before the first paint, and from our own origin: the page's policy allows no inline script.
(function () {
  var root = document.documentElement;
  var dark = matchMedia('(prefers-color-scheme: dark)');
  window.bsgTheme = function (choice) {
    root.dataset.theme = choice === 'dark' || (choice !== 'light' && dark.matches) ? 'dark' : 'light';
  };
  function stored() {
    try { return localStorage.getItem('bsg.theme'); } catch { return null; }
  }
  window.bsgTheme(stored());
  dark.addEventListener('change', function () { window.bsgTheme(stored()); });
})();
