import { mount } from 'svelte';
import './app.css';
import './elder.css';
import App from './App.svelte';
import { i18n } from './lib/i18n/i18n.svelte.ts';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
// After an upgrade an open page asks for parts that are no longer there: loading it again gets the new one.
// Once: where the parts are missing for another reason, the failure is shown instead.
const RELOADED = 'jieneng.reloaded';
addEventListener('vite:preloadError', (event) => {
  try {
    if (Date.now() - Number(sessionStorage.getItem(RELOADED)) < 30_000) return;
    sessionStorage.setItem(RELOADED, String(Date.now()));
  } catch {
    return;
  }
  event.preventDefault();
  location.reload();
});

// The catalogue first: a page that changes its language after it is drawn is read twice.
void i18n.restore().then(() => mount(App, { target }));
