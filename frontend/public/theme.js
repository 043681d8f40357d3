// Before the first paint, and from our own origin: the page's policy allows no inline script.
// What the program will want first.
window.bsgConfig = fetch('/config.json', { cache: 'no-store' }).catch(function () {});
(function () {
  // Everything but signing in is the dashboard: its files are asked for now, not one after the other as they name each other.
  const isSignIn = /^\/(login|callback)$/.test(location.pathname);
  for (const name of isSignIn ? ['bsg-sign-in'] : location.pathname === '/' ? ['bsg-program', 'bsg-overview'] : ['bsg-program']) {
    const files = document.querySelector('meta[name=' + name + ']');
    for (const href of files === null || files.content === '' ? [] : files.content.split(' ')) {
      const link = document.createElement('link');
      link.rel = href.endsWith('.css') ? 'preload' : 'modulepreload';
      if (link.rel === 'preload') link.as = 'style';
      // As the program will ask for it, or it would come twice.
      link.crossOrigin = '';
      link.href = href;
      document.head.append(link);
    }
  }
})();
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
