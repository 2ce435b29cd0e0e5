import { mkdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readSettings, type Settings, SettingsError } from './config.ts';
import { createLog } from './operations/log.ts';
import { serve } from './serve.ts';

/** `npm start`: settings → stores → rooms → listen; SIGINT and SIGTERM stop it within 5 s, SIGHUP reads certificates again. */
const packageFile = new URL('../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };

const HELP = `Usage: npm start [-- --data DIR]

The server on a data directory. Settings come from the environment or from settings.yaml in that directory;
docs/settings.md lists them. Commands: npm run jieneng -- --help
`;

let settings: Settings;
try {
  const { values } = parseArgs({
    options: { data: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  settings = readSettings(process.env, values.data === undefined ? {} : { JIENENG_DATA: values.data });
} catch (error) {
  if (!(error instanceof SettingsError || error instanceof TypeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
}
// Figures, names and hashes of passwords are for the owner of the process alone, in backups too.
process.umask(0o077);
mkdirSync(settings.JIENENG_DATA, { recursive: true });
const log = createLog(settings.LOG_LEVEL);
try {
  const server = await serve(settings, {
    version,
    log,
    webRoot: new URL('../web/dist', import.meta.url).pathname,
  });
  const { url, mqtt, setupUrl } = server;
  // Not through the log, which goes to places where it would be read by others.
  if (setupUrl) process.stderr.write(`Set-up, for one day or until the next start: ${setupUrl}\n`);
  log.info({ version, http: url, mqtt, data: settings.JIENENG_DATA }, 'jieneng is up');
  const stop = (signal: string): void => {
    log.info({ signal }, 'jieneng stops');
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'jieneng did not stop cleanly');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop(signal));
  process.on('SIGHUP', () => server.certificates?.reload());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
