import { expect, test } from 'vitest';
import { setDemoRecords } from '../../simulators/demo-estate/records.ts';
import { demoEstate } from '../../simulators/estate.ts';
import { rig } from '../http/rig.ts';

test('records, prices and evidence of the demo are taken, and a second start changes nothing', async () => {
  const r = await rig(demoEstate());
  const ask = async (path: string, init?: RequestInit): Promise<Response> => {
    const answer = await r.app.request(path, init);
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return answer;
  };
  await setDemoRecords(ask, r.deps.now());
  const policy = r.catalogue.policy();
  expect(policy.get('institution', 'gov-plan')?.statistician).toBe('吴倩');
  expect(policy.list('price').map((p) => p.source.confidence)).toEqual(Array(5).fill('unconfirmed'));
  expect(policy.get('evidence', 'gov-office:2026:audit')?.date).toBe('2026-05-20');
  const { version } = r.catalogue;
  await setDemoRecords(ask, r.deps.now());
  expect(r.catalogue.version).toBe(version);
});
