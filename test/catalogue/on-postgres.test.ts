import { afterAll, beforeAll, describe } from 'vitest';
import { hasPostgres, PostgresServer } from '../support/postgres.ts';
import { placesOn } from './temporary-catalogue.ts';

/** The tests of the catalogue once more, each in a schema of its own of a real server. */
describe.runIf(hasPostgres())('on PostgreSQL', async () => {
  const server = new PostgresServer();
  beforeAll(async () => {
    await server.start();
    placesOn(server);
  });
  afterAll(async () => {
    placesOn(null);
    await server.remove();
  });
  await import('./catalogue.test.ts');
  await import('./attributes.test.ts');
  await import('./book.test.ts');
  await import('./filings.test.ts');
  await import('./policy.test.ts');
  await import('./recorded.test.ts');
  await import('./reporting-kinds.test.ts');
  await import('./round-trip.test.ts');
});
