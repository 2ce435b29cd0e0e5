import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOGUE_FILE } from './backup.ts';
import type { Settings } from './config.ts';
import type { IntakeLog } from './intake/log.ts';
import type { Journal } from './journal/journal.ts';
import { DuckDBTimeSeries } from './timeseries/duckdb.ts';
import type { EngineInfo, TimeSeries } from './timeseries/port.ts';

/** Which stores the settings name. */

/** Where the catalogue is: the database that the settings name, else a file of the data directory. */
export function catalogueLocation(settings: Settings): string {
  const file = join(settings.JIENENG_DATA, CATALOGUE_FILE);
  const { DATABASE_URL: url } = settings;
  if (url === undefined) return file;
  if (!existsSync(file)) return url;
  throw new Error(
    `${file} holds the catalogue, and DATABASE_URL names another one: \`jieneng catalogue move\` moves it there`,
  );
}

/** The engine that the settings name; the client of the other one is not even loaded. */
export async function openTimeSeries(settings: Settings): Promise<TimeSeries> {
  const { INFLUX_URL: url, INFLUX_TOKEN: token, INFLUX_DATABASE: database } = settings;
  if (!url) return new DuckDBTimeSeries({ directory: settings.JIENENG_DATA });
  const { InfluxTimeSeries } = await import('./timeseries/influx.ts');
  return new InfluxTimeSeries({ url, database, ...(token ? { token } : {}) });
}

/**
 * What the time series lacks of what the journal handed on to it, in sentences. InfluxDB keeps no cursor, but a database
 * without anything of ours is told, whenever it is reached: it is another one than before, or was emptied.
 */
export async function missing(
  engine: EngineInfo,
  timeseries: TimeSeries,
  journal: Journal,
  log: Pick<IntakeLog, 'error'>,
): Promise<() => readonly string[]> {
  const { seq } = journal.cursor();
  let found: readonly string[] = [];
  const tell = (warning: string): void => {
    log.error({ warning }, 'timeseries: lacks what was handed on to it');
    found = [warning];
  };
  if (engine.engine === 'duckdb' && !(await timeseries.applied(seq))) {
    tell(
      'the time series does not hold what was handed on to it before: its file is new or an older copy; `restore` puts a whole backup into a new directory',
    );
  }
  return () => {
    const empty = found.length === 0 && seq > 0 ? timeseries.foundEmpty?.() : null;
    if (empty) {
      tell(
        `${empty} was empty, and readings were handed on before: where it is the wrong one, mend INFLUX_DATABASE or INFLUX_URL; where it is new, restore the time series from its own backup`,
      );
    }
    return found;
  };
}
