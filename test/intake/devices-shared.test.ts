import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Devices } from '../../server/access/devices.ts';
import { type Catalogue, openCatalogue } from '../../server/catalogue/catalogue.ts';
import { hasPostgres, PostgresServer } from '../support/postgres.ts';
import { silent, until } from './support.ts';

const ESTATE = {
  version: 1,
  nodes: [{ id: 'gov', name: '政', kind: 'building' }],
  meters: [{ id: 'a', name: 'A', node: 'gov', carrier: 'electricity', unit: 'kWh' }],
};

describe.runIf(hasPostgres())('devices of several processes on one PostgreSQL catalogue', () => {
  const postgres = new PostgresServer();
  beforeAll(() => postgres.start());
  afterAll(() => postgres.remove());

  /** As two processes have it: each with a connection and a memory of its own. */
  const open = (place: string): { catalogue: Catalogue; devices: Devices } => {
    const catalogue = openCatalogue(place);
    const estate = () => catalogue.snapshot();
    const devices = new Devices({
      store: catalogue.devices,
      estate,
      now: Date.now,
      anonymous: false,
      log: silent,
    });
    devices.start();
    onTestFinished(() => {
      devices.stop();
      catalogue.close();
    });
    return { catalogue, devices };
  };

  test('what one of them revokes or binds, the other knows as soon as it looks', async () => {
    const place = postgres.schema();
    const [one, other] = [open(place), open(place)];
    one.catalogue.applyEstate(ESTATE, 'test');
    const rest = { topics: [], below: null, meters: [], clientId: null, expiresAt: null };
    const { secret } = one.devices.add({ kind: 'meter', subject: 'a', ...rest }, 'test');
    const come = (to: Devices, clientId: string) =>
      to.admit({
        ...{ username: 'a', password: Buffer.from(secret), clientId },
        ...{ from: '10.0.0.1', certificate: null, will: null },
      });
    const first = come(one.devices, 'x');
    expect(first).toHaveProperty('rights');
    // Written by the one, read by the other.
    await until('the other to know it', () => other.devices.list()[0]?.clientId === 'x');
    expect(come(other.devices, 'y')).toMatchObject({ code: 2 });
    const admitted = come(other.devices, 'x');
    if (!('rights' in admitted) || !admitted.rights) throw new Error('it was not let in');
    const { rights } = admitted;
    expect(other.devices.holds(rights)).toBe(true);
    let told = false;
    other.devices.onChange(() => {
      told = true;
    });
    one.devices.revoke('a', 'test');
    const revokedAt = performance.now();
    await until('the other to cut it off', () => told && !other.devices.holds(rights));
    console.log(`revoked elsewhere: noticed after ${Math.round(performance.now() - revokedAt)} ms`);
    expect(come(other.devices, 'x')).toMatchObject({ code: 5 });
    expect(other.devices.get('a')?.seenFrom).toBe('10.0.0.1');
  });
});
