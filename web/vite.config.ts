import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const proxy = { '/api': `http://127.0.0.1:${process.env.HTTP_PORT ?? 3000}` };

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [svelte({ configFile: false })],
  // The manifest lets the budget test tell the shell from what is loaded later. Nothing is inlined, so
  // that a Content-Security-Policy of 'self' is enough.
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    manifest: true,
    target: 'es2022',
    // Every browser of that target preloads modules by itself.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // ECharts is one chunk of its own, loaded when the first chart is; test/web holds it to its budget.
    chunkSizeWarningLimit: 700,
  },
  server: { proxy },
  preview: { proxy },
});
