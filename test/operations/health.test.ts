import { expect, test } from 'vitest';
import type { CertificateState } from '../../server/access/certificates.ts';
import type { Facts } from '../../server/operations/facts.ts';
import {
  CODES,
  type Code,
  type Judged,
  judge,
  PARTS,
  type PartName,
  PartStates,
  type State,
  worstFirst,
} from '../../server/operations/health.ts';
import { FACTS } from './facts.ts';

const WELL: Judged = {
  facts: FACTS,
  intakeWanted: true,
  timeseriesError: null,
  catalogueError: null,
  lost: [],
  clientsLimit: 10,
  unforeseen: 0,
  lateS: 0.5,
  steppedMs: 0,
  memory: { used: 89, limit: 100 },
  diskFree: 2 ** 30,
};
const journal = (of: Partial<Facts['journal']>): Judged => ({
  ...WELL,
  facts: { ...FACTS, journal: { ...FACTS.journal, ...of } },
});
const intake = (of: Partial<Facts['intake']>): Judged => ({
  ...WELL,
  facts: { ...FACTS, intake: { ...FACTS.intake, ...of } },
});
const failing = (part: PartName) => ({
  part,
  state: 'failing' as const,
  code: 'disk_low' as const,
  detail: null,
  since: 0,
});
const certificate = (daysLeft: number, error: string | null = null): CertificateState => ({
  ...{ subject: 'CN=a', validTo: 0, daysLeft, error },
});
const facts = (of: Partial<Facts>): Judged => ({ ...WELL, facts: { ...FACTS, ...of } });

const TROUBLES: [Judged, PartName, State, Code, string | null][] = [
  [journal({ bytes: 80 }), 'journal', 'degraded', 'journal_filling', '80 %'],
  [journal({ bytes: 100 }), 'journal', 'failing', 'journal_full', '100 %'],
  [journal({ failure: 'disk I/O error' }), 'journal', 'failing', 'journal_refuses', 'disk I/O error'],
  [intake({ mode: 'off' }), 'intake', 'failing', 'intake_closed', null],
  [
    intake({ error: 'mqtt://b is not reached' }),
    'intake',
    'failing',
    'intake_unreached',
    'mqtt://b is not reached',
  ],
  [intake({ clients: 8 }), 'intake', 'degraded', 'intake_crowded', '8 / 10'],
  [
    intake({ mode: 'external', warnings: ['it keeps nothing', 'twice'] }),
    'intake',
    'degraded',
    'intake_warned',
    'it keeps nothing; twice',
  ],
  [
    intake({ mode: 'embedded', warnings: ['device a was refused'] }),
    ...(['intake', 'degraded', 'intake_refusing', 'device a was refused'] as const),
  ],
  [facts({ ledgerError: 'refused' }), 'ledger', 'failing', 'ledger_failing', 'refused'],
  [facts({ lagS: 61.2 }), 'ledger', 'degraded', 'ledger_behind', '61 s'],
  [{ ...WELL, timeseriesError: 'no answer' }, 'timeseries', 'failing', 'timeseries_unreached', 'no answer'],
  [{ ...WELL, lost: ['its file is new'] }, 'timeseries', 'degraded', 'timeseries_lost', 'its file is new'],
  [{ ...WELL, unforeseen: 2 }, 'http', 'degraded', 'http_failing', '2 in a minute'],
  [facts({ live: { clients: 3, limit: 3, dropped: 0 } }), 'http', 'degraded', 'live_full', '3 / 3'],
  [{ ...WELL, certificate: certificate(-1, 'b') }, 'http', 'degraded', 'certificate_over', '-1 d'],
  [{ ...WELL, certificate: certificate(90, 'no key') }, 'http', 'degraded', 'certificate_kept', 'no key'],
  [{ ...WELL, certificate: certificate(29) }, 'http', 'degraded', 'certificate_ending', '29 d'],
  [{ ...WELL, lateS: 0.51 }, 'process', 'degraded', 'process_late', '0.5 s'],
  [{ ...WELL, steppedMs: -3_600_400 }, 'process', 'degraded', 'clock_stepped', '−3600 s'],
  [{ ...WELL, memory: { used: 90, limit: 100 } }, 'process', 'degraded', 'memory_high', '90 %'],
  [{ ...WELL, catalogueError: 'no answer' }, 'catalogue', 'failing', 'catalogue_unreached', 'no answer'],
  [{ ...WELL, diskFree: 2 ** 29 }, 'disk', 'degraded', 'disk_low', '512 MB'],
];

test.each(TROUBLES)('trouble %#', (of, part, state, code, detail) => {
  const parts = judge(of);
  expect(parts.find((p) => p.part === part)).toEqual({ part, state, code, detail });
  // And no other part is blamed for it.
  expect(parts.filter((p) => p.state !== 'ok').map((p) => p.part)).toEqual([part]);
});

test('all is well below every limit, and an intake that is not wanted may be off', () => {
  expect(judge(WELL).every((p) => p.state === 'ok' && p.code === 'ok' && p.detail === null)).toBe(true);
  expect(judge({ ...intake({ mode: 'off' }), intakeWanted: false }).every((p) => p.state === 'ok')).toBe(
    true,
  );
});

test('every code but the good one is found by some trouble, and has a sentence in both languages', () => {
  const found = new Set(TROUBLES.map(([, , , code]) => code));
  expect(
    Object.keys(CODES)
      .filter((code) => code !== 'ok')
      .sort(),
  ).toEqual([...found].sort());
  for (const [zh, en] of Object.values(CODES))
    expect([zh, en]).toEqual([
      expect.stringMatching(/\p{Script=Han}/u),
      expect.stringMatching(/^[\x20-\x7e]+$/),
    ]);
});

test('a part is as it is since it became so', () => {
  const states = new PartStates();
  const since = (of: Judged, now: number): number | undefined =>
    states.seen(judge(of), now).find((p) => p.part === 'journal')?.since;
  expect(since(WELL, 1000)).toBe(1000);
  expect(since(WELL, 2000)).toBe(1000);
  expect(since(journal({ bytes: 80 }), 3000)).toBe(3000);
  expect(since(journal({ bytes: 90 }), 4000)).toBe(3000);
  expect(since(journal({ bytes: 100 }), 5000)).toBe(5000);
  expect(since(WELL, 6000)).toBe(6000);
});

test('what was wrong and is no more is remembered with its end, as often as there is room', () => {
  const states = new PartStates();
  states.seen(judge(WELL), 1000);
  states.seen(judge(journal({ bytes: 80 })), 2000);
  states.seen(judge(journal({ bytes: 85 })), 3000);
  states.seen(judge(journal({ bytes: 100 })), 4000);
  expect(states.past(0)).toMatchObject([
    { part: 'journal', code: 'journal_filling', detail: '85 %', since: 2000, until: 4000 },
  ]);
  states.seen(judge(WELL), 5000);
  expect(states.past(0).map(({ code, since, until }) => [code, since, until])).toEqual([
    ['journal_full', 4000, 5000],
    ['journal_filling', 2000, 4000],
  ]);
  expect(states.past(4500).map(({ code }) => code)).toEqual(['journal_full']);
  for (let i = 0; i < 1000; i++) states.seen(judge(journal({ bytes: i % 2 === 0 ? 80 : 0 })), 6000 + i);
  expect(states.past(0).length).toBe(100);
});

test('the worst comes first, and a cause before what follows from it', () => {
  const wrong = { ...facts({ ledgerError: 'away' }), timeseriesError: 'away', diskFree: 0 };
  const parts = new PartStates().seen(judge(wrong), 1000);
  expect(worstFirst(parts).map(({ code }) => code)).toEqual([
    'timeseries_unreached',
    'ledger_failing',
    'disk_low',
  ]);
  expect(new Set(PARTS)).toEqual(new Set(worstFirst(PARTS.map(failing)).map(({ part }) => part)));
  expect(worstFirst(PARTS.map(failing))[0]?.part).toBe('disk');
});

test('a broker that was never reached is told, though every start begins with an intake that is closed', () => {
  const told: [string, string][] = [];
  const states = new PartStates(({ part, code }) => void told.push([part, code]));
  states.seen(judge(intake({ mode: 'off' })), 1000);
  states.seen(judge(intake({ mode: 'external', error: 'connect ECONNREFUSED' })), 2000);
  states.seen(judge(intake({ mode: 'external', error: 'connect ECONNREFUSED' })), 3000);
  states.seen(judge(WELL), 4000);
  expect(told).toEqual([
    ['intake', 'intake_unreached'],
    ['intake', 'ok'],
  ]);
  expect(states.past(0)).toMatchObject([{ code: 'intake_unreached', since: 2000, until: 4000 }]);
});

test('each change is told once, and a start is none', () => {
  const told: [string, string][] = [];
  const states = new PartStates(({ part, code }) => void told.push([part, code]));
  states.seen(judge({ ...intake({ mode: 'off' }), diskFree: 0 }), 1000);
  states.seen(judge(WELL), 2000);
  states.seen(judge(journal({ bytes: 80 })), 3000);
  states.seen(judge(journal({ bytes: 85 })), 4000);
  states.seen(judge(WELL), 5000);
  expect(told).toEqual([
    ['disk', 'disk_low'],
    ['disk', 'ok'],
    ['journal', 'journal_filling'],
    ['journal', 'ok'],
  ]);
  expect(states.past(0).map(({ code }) => code)).toEqual(['journal_filling', 'disk_low']);
});
