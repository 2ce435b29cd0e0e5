import { afterAll, beforeAll, describe, onTestFinished } from 'vitest';
import { DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import { InfluxTimeSeries } from '../../server/timeseries/influx.ts';
import { directory } from '../support/directory.ts';
import { hasInflux, InfluxServer } from '../support/influx.ts';
import { contract } from './contract.ts';

describe('DuckDB', () => {
  contract(async () => {
    const at = directory();
    let store = new DuckDBTimeSeries({ directory: at });
    await store.start();
    onTestFinished(() => store.stop());
    return {
      store,
      async again() {
        await store.stop();
        store = new DuckDBTimeSeries({ directory: at });
        await store.start();
        return store;
      },
    };
  });
});

describe.skipIf(!hasInflux())('InfluxDB', () => {
  const server = new InfluxServer();
  beforeAll(() => server.start());
  afterAll(() => server.remove());

  contract(async () => {
    const settings = { url: server.url, database: server.database() };
    const store = new InfluxTimeSeries(settings);
    await store.start();
    return {
      store,
      async again() {
        await store.stop();
        // The plug is pulled: what was confirmed is on disk.
        await server.stop('SIGKILL');
        await server.start();
        const reopened = new InfluxTimeSeries(settings);
        await reopened.start();
        return reopened;
      },
    };
  });
});
