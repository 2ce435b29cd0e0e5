// Runs before the first paint, so that a chosen theme or language does not flash the other one.
try {
  const theme = localStorage.getItem('jieneng.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  if (localStorage.getItem('jieneng.elder') === 'on') document.documentElement.dataset.elder = '';
  if (localStorage.getItem('jieneng.language') === 'en') document.documentElement.lang = 'en';
} catch {
  // Storage may be refused; the system's theme and Chinese hold then.
}
