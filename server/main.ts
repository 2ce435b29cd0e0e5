import { mkdirSync, readFileSync } from 'node:fs';
import { pino } from 'pino';
import { readSettings, type Settings, SettingsError } from './config.ts';
import { serve } from './serve.ts';

/** `npm start`: settings → stores → rooms → listen; SIGINT and SIGTERM stop it within 5 s. */
const packageFile = new URL('../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };

let settings: Settings;
try {
  settings = readSettings(process.env);
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
}
mkdirSync(settings.JIENENG_DATA, { recursive: true });
const log = pino({ level: settings.LOG_LEVEL });
try {
  const server = await serve(settings, {
    version,
    log,
    webRoot: new URL('../web/dist', import.meta.url).pathname,
  });
  log.info({ http: server.url, mqtt: server.mqtt, data: settings.JIENENG_DATA }, `jieneng ${version} is up`);
  const stop = (signal: string): void => {
    log.info({ signal }, 'stopping');
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error: String(error) }, 'did not stop cleanly');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop(signal));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
