import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jieneng } from '../cli/jieneng.ts';
import { directory } from '../support/directory.ts';
import { until } from '../support/server.ts';
import { fill, mountable, smallDisk } from './small-disk.ts';
import { accountFor, Fleet, gateway, pour, serverWith } from './support.ts';

describe.skipIf(!mountable)('disk full under the catalogue', () => {
  test('nothing is changed that cannot be written down, readings are taken, and the trail is whole afterwards', async () => {
    const data = directory();
    const disk = smallDisk(16);
    // SQLite keeps its log beside the file that the link names.
    symlinkSync(join(disk, 'catalogue.sqlite'), join(data, 'catalogue.sqlite'));
    const fleet = new Fleet();
    const server = await serverWith(data, fleet);
    const node = ((await (await server.fetch('/api/v1/tree')).json()) as { nodes: { id: string }[] }).nodes[0]
      ?.id;
    let value = 0;
    const change = async (): Promise<Response> =>
      server.fetch(`/api/v1/nodes/${node}/attributes/people`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ values: [{ from: '2026-01-01', value: ++value }], recorded_by: '张三' }),
      });
    expect((await change()).status).toBe(200);
    const free = fill(disk);
    // The log's own space may take some more.
    const refused = await until(change, (answer) => answer.status !== 200);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ detail: expect.stringMatching(/disk is full/) });
    const kept = value - 1;
    const before = fleet.count;
    const readings = pour(fleet, await gateway(server));
    await until(
      async () => fleet.count,
      (count) => count > before + 100,
    );
    await readings.end();
    // An export that cannot be written down closes the door for changes, and says why.
    await until(
      async () => {
        await (await server.fetch('/api/v1/estate')).text();
        return (await change()).json() as Promise<{ detail: string }>;
      },
      ({ detail }) => detail.startsWith('nothing may be changed while the audit trail cannot be written'),
    );
    free();
    await until(change, (answer) => answer.status === 200);
    const { entries } = (await (await server.fetch('/api/v1/audit?action=node.change&limit=500')).json()) as {
      entries: { after: { value: { attributes: { people: { value: number }[] } } } }[];
    };
    const written = entries.map(({ after }) => after.value.attributes.people[0]?.value);
    // Newest first: the last change that was taken while there was room, then the first one after it.
    expect(written.slice(0, 2)).toEqual([value, kept]);
    expect(await jieneng(data, ['verify', '--audit'])).toMatchObject({ code: 0 });
    await accountFor(server, data, fleet);
    expect((await server.stop()).code).toBe(0);
  }, 300_000);
});
