import { existsSync } from 'node:fs';
import { build } from 'vite';

/** Before `npm start`: a fresh clone has no dashboard yet. After an upgrade `npm run build` makes a new one. */
const here = (path: string): string => new URL(path, import.meta.url).pathname;

if (!existsSync(here('./dist/index.html'))) {
  process.stderr.write('building the dashboard …\n');
  await build({ configFile: here('./vite.config.ts'), logLevel: 'warn' });
}
