import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';
import { i18n } from './lib/i18n/i18n.svelte.ts';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
// The catalogue first: a page that changes its language after it is drawn is read twice.
void i18n.restore().then(() => mount(App, { target }));
