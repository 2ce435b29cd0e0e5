import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openCatalogue } from '../../server/catalogue/catalogue.ts';
import { directory } from '../support/directory.ts';
import { hasPostgres, PostgresServer } from '../support/postgres.ts';
import { accountsRig, CLIENT, headersOf, PASSWORD, person } from './rig.ts';

/** Within 3 s all processes obey; a busy machine has time to be one. */
const DEADLINE_MS = 20_000;

describe.runIf(hasPostgres())('accounts in PostgreSQL', () => {
  const server = new PostgresServer();
  beforeAll(() => server.start());
  afterAll(() => server.remove());

  test('people sign in at one process, and what another one ends, ends there', async () => {
    const place = server.schema();
    const [one, two] = [openCatalogue(place), openCatalogue(place)];
    onTestFinished(() => {
      one.close();
      two.close();
    });
    const r = accountsRig({ store: one.accounts });
    const { id, account } = await person(r);
    r.accounts.people.setGrants(id, [{ role: 'viewer', node: 'gov' }], { kind: 'operator' });
    const { token } = await r.accounts.signIn.byPassword(account, PASSWORD, CLIENT, null);
    const { secret } = r.accounts.own.addToken(id, 'script', 1);
    r.accounts.sessions.flush();

    const other = r.other({ store: two.accounts });
    const grants = [{ role: 'viewer', node: 'gov' }];
    expect(other.identify(headersOf(token))).toMatchObject({ id, grants });
    expect(other.identify(new Headers({ authorization: `Bearer ${secret}` }))).toMatchObject({ id, grants });
    other.sessions.end(other.sessionsOf(id));
    const deadline = Date.now() + DEADLINE_MS;
    while (r.accounts.identify(headersOf(token)) !== null) {
      if (Date.now() > deadline) throw new Error('the sign-in goes on');
      await wait(50);
      r.accounts.tick();
    }
    // A backup of it is the same people in a file.
    const copy = join(directory(), 'copy.sqlite');
    one.backupTo(copy);
    const file = openCatalogue(copy);
    onTestFinished(() => file.close());
    expect(file.accounts.read().people).toEqual(one.accounts.read().people);
  });
});
