import { describe, expect, it } from 'vitest';
import { Zone } from '../../server/domain/time.ts';
import type { Ground, Piece, Revision, Suspect } from '../../server/http/schemas/ledger.ts';
import type { MeterInfo } from '../../server/http/schemas/meters.ts';
import { en as shellEn } from '../../web/src/lib/i18n/en.ts';
import { Dates } from '../../web/src/lib/i18n/format.ts';
import { zh as shell } from '../../web/src/lib/i18n/zh.ts';
import {
  draftOf,
  type Fields,
  faultsOf,
  fieldNumber,
  fieldTime,
  firstFields,
  midpoint,
  roundUp,
  timeField,
} from '../../web/src/lib/ledger/drafts.ts';
import { faultText } from '../../web/src/lib/ledger/faults.ts';
import { chainsOf, groundLines, pieceNote, segmentsOf } from '../../web/src/lib/ledger/pieces.ts';
import {
  plain,
  revisionSentence,
  spanText,
  suspectSentence,
  verdictSentence,
} from '../../web/src/lib/ledger/sentences.ts';
import { besideOf } from '../../web/src/lib/ledger/step.ts';
import { sumGround, widestLevel } from '../../web/src/lib/ledger/sum.ts';
import { en } from '../../web/src/lib/ledger/words.en.ts';
import { zh } from '../../web/src/lib/ledger/words.zh.ts';
import { groundText, parseGround } from '../../web/src/lib/state/ground.ts';

const ZONE = new Zone('Asia/Shanghai');
const SPEECH = { dates: new Dates(ZONE, shell), words: zh };
const ENGLISH = { dates: new Dates(ZONE, shellEn), words: en };
const at = (text: string): number => Date.parse(`${text}+08:00`);
const iso = (text: string): string => ZONE.iso(at(text));
const without = (text: string): string => text.replaceAll(/[\u2068\u2069]/g, '');
const point = (time: string, value: number) => ({ time: iso(time), value });

describe('a figure in the address', () => {
  it('is named by node, carrier and days, and read back', () => {
    const ref = {
      kind: 'node' as const,
      id: 'gov',
      carrier: 'electricity' as const,
      from: at('2026-11-01T00:00'),
      to: at('2026-11-20T15:00'),
    };
    const text = groundText(ref, ZONE);
    expect(text).toBe('node*gov*electricity*2026-11-01*2026-11-20T15:00:00+08:00');
    expect(parseGround(text)).toEqual({
      kind: 'node',
      ids: ['gov'],
      carrier: 'electricity',
      from: '2026-11-01',
      to: '2026-11-20T15:00:00+08:00',
    });
  });

  it('may be the sum of several meters, and nothing else is taken', () => {
    expect(parseGround('meter*a,b**2026-11-01*2026-12-01')).toMatchObject({ ids: ['a', 'b'], carrier: null });
    for (const text of [
      '',
      'node',
      'meter*a**2026-11-01',
      'virtual*a**1*2',
      'meter***1*2',
      'meter*a**1*2*3',
    ]) {
      expect(parseGround(text), text).toBeNull();
    }
  });
});

describe('sentences', () => {
  it('say what is made of a reading, with what stands beside it', () => {
    const row = {
      value: 0,
      verdict: 'false_zero' as const,
      previous: point('2026-11-01T10:00', 812_790),
      next: point('2026-11-01T10:30', 812_800),
    };
    expect(verdictSentence(row, SPEECH)).toBe(
      '读数 0 与前后不符（前 812,790，后 812,800），判为假零，不计入。',
    );
    expect(verdictSentence({ ...row, previous: null, next: null }, SPEECH)).toBe(
      '读数 0 与前后不符，判为假零，不计入。',
    );
    expect(verdictSentence(row, ENGLISH)).toContain('(812,790 before, 812,800 after)');
  });

  const suspect: Suspect = {
    meter: 'm',
    name: 'M',
    node: 'n',
    carrier: 'electricity',
    unit: 'kWh',
    multiplier: 20,
    verdict: 'beyond_ceiling',
    previous: point('2026-10-22T14:00', 581_374.77),
    next: point('2026-10-22T14:15', 734_120.12),
    rate: 12_219_628,
    ceiling: { rate: 504, source: 'learned', learned_at: null, from: null, to: null, steps: 10 },
  };
  it('say of a step up how fast it would be, and whose ceiling it is beyond', () => {
    expect(without(suspectSentence(suspect, SPEECH))).toContain(
      '码值在 15 分钟里从 581,374.77 升到 734,120.12，折合每小时 1,222 万 kWh，超过由这台表自己的历史学得的上限 504 kWh',
    );
    expect(without(suspectSentence({ ...suspect, ceiling: null }, SPEECH))).toContain(
      zh.findings.overNothing,
    );
    const fell = { ...suspect, verdict: 'suspected_exchange' as const, rate: null };
    expect(without(suspectSentence(fell, SPEECH))).toContain('从 581,374.77 落到 734,120.12');
  });

  const revision: Revision = {
    no: 1,
    meter: 'm',
    name: 'M',
    node: 'n',
    unit: 'kWh',
    at: iso('2026-04-02T09:00'),
    causes: ['description'],
    change: { author: '王工', source: 'exchange', at: iso('2026-04-02T09:00') },
    month: iso('2026-03-01T00:00'),
    from: iso('2026-03-14T10:00'),
    to: iso('2026-03-14T13:00'),
    hours: 3,
    before: 12_000,
    after: 6960,
  };
  it('say which month changed by how much, why, and who did it', () => {
    // 12,000 − 6,960
    expect(without(revisionSentence(revision, SPEECH))).toBe(
      '2026年3月：因补录换表，减少 5,040 kWh（12,000 kWh → 6,960 kWh），涉及 3 小时（3月14日 10 时至 13 时），操作人 王工。',
    );
    expect(
      without(
        revisionSentence(
          { ...revision, before: null, after: 240, causes: ['late', 'judgement'], change: null },
          SPEECH,
        ),
      ),
    ).toBe(
      '2026年3月：因迟到的读数、后来的读数改变了判断，增加 240 kWh（原来没有数据），涉及 3 小时（3月14日 10 时至 13 时）。',
    );
    expect(without(revisionSentence({ ...revision, before: 6960 }, SPEECH))).toContain('总量 6,960 kWh 不变');
    expect(without(revisionSentence({ ...revision, after: null }, ENGLISH))).toContain('12,000 kWh less');
  });

  it('tell lengths of time and quantities in few digits', () => {
    expect([45_000, 900_000, 5_400_000, 49 * 3_600_000].map((ms) => spanText(ms, SPEECH))).toEqual([
      '45 秒',
      '15 分钟',
      '1.5 小时',
      '2 天',
    ]);
    expect([1234.5, 12.345, 300, -0.5].map((v) => plain(v, 'kWh'))).toEqual([
      '1,235 kWh',
      '12.35 kWh',
      '300 kWh',
      '−0.50 kWh',
    ]);
  });

  it('say faults of the server in words of the page, and unknown ones as they are', () => {
    expect(faultText('overlaps an estimate of 24 kWh', zh)).toBe('与已录入的估算（24 kWh）时间重叠');
    expect(faultText('something new', zh)).toBe('something new');
  });
});

const piece = (differences: Partial<Piece>): Piece => ({
  kind: 'measured',
  from: iso('2026-11-01T00:00'),
  to: iso('2026-11-02T00:00'),
  first: null,
  last: null,
  readings: 0,
  multiplier: null,
  quantity: null,
  whole: null,
  apportioned: null,
  crosses: null,
  reason: null,
  recorded_by: null,
  ...differences,
});
/** 100 → 110 measured, → 130 recovered over a month's end, a fall, then 5 → 6; × 40. */
const PIECES = [
  piece({
    first: point('2026-11-01T00:00', 100),
    last: point('2026-11-01T10:00', 110),
    readings: 11,
    multiplier: 40,
    quantity: 400,
    whole: 400,
  }),
  piece({
    kind: 'recovered',
    first: point('2026-11-01T10:00', 110),
    last: point('2026-11-01T18:00', 130),
    readings: 2,
    multiplier: 40,
    quantity: 800,
    whole: 800,
    apportioned: 'typical',
    crosses: 'month',
  }),
  piece({
    kind: 'break',
    first: point('2026-11-01T18:00', 130),
    last: point('2026-11-01T19:00', 5),
    readings: 2,
    multiplier: 40,
  }),
  piece({
    first: point('2026-11-01T19:00', 5),
    last: point('2026-11-01T20:00', 6),
    readings: 2,
    multiplier: 40,
    quantity: 30,
    whole: 40,
  }),
  piece({ kind: 'unknown', from: iso('2026-11-01T20:00'), to: iso('2026-11-02T00:00') }),
];

describe('the pieces of a figure', () => {
  it('are told as the advance of a register as long as it goes on', () => {
    expect(chainsOf(PIECES)).toEqual([
      // The reading at 10 h belongs to both pieces: 11 + 2 − 1.
      { first: 100, last: 130, readings: 12, multiplier: 40, inside: 1200, whole: 1200 },
      { first: 5, last: 6, readings: 2, multiplier: 40, inside: 30, whole: 40 },
    ]);
  });

  it('become lines: registers, what falls into the period, what is missing', () => {
    const ground = {
      kind: 'meter',
      unit: 'kWh',
      gauge: false,
      quantity: 1230,
      pieces: PIECES,
      parts: [],
    } as unknown as Ground;
    expect(groundLines(ground, 'cumulative', SPEECH).map(without)).toEqual([
      '码值 100 → 130，倍率 40 → 1,200 kWh',
      '码值 5 → 6，倍率 40 → 40 kWh，其中落在本时段 30 kWh',
      '有 1 段、共 4 小时没有可用的读数，没有计入，也不作 0 计。',
      '有 1 步码值接不上，没有计入，待确认。',
    ]);
  });

  it('say how a recovered quantity was spread, and where it was split', () => {
    expect(pieceNote(PIECES[1]!, SPEECH)).toBe('总量确定，按典型曲线分摊到各小时，跨月处分开。');
    expect(pieceNote(PIECES[0]!, SPEECH)).toBe('');
  });

  it('stand in the period where they were', () => {
    const [, , , , last] = segmentsOf(PIECES, at('2026-11-01T00:00'), at('2026-11-02T00:00'));
    expect([last?.left, last?.width]).toEqual(
      [(100 * 20) / 24, (100 * 4) / 24].map((v) => expect.closeTo(v, 9)),
    );
  });
});

describe('a sum of meters', () => {
  it('is asked for in the widest steps that fit', () => {
    const level = (from: string, to: string) => widestLevel(at(from), at(to), ZONE);
    expect(level('2025-01-01T00:00', '2026-01-01T00:00')).toBe('year');
    expect(level('2026-01-01T00:00', '2026-03-01T00:00')).toBe('month');
    expect(level('2026-01-01T00:00', '2026-03-02T00:00')).toBe('day');
    expect(level('2026-01-01T00:00', '2026-03-02T05:00')).toBe('hour');
  });

  it('adds what is known and leaves what is not', () => {
    const row = (id: string, quantity: number | null, completeness: number) => ({
      id,
      carrier: 'electricity' as const,
      start: iso('2026-11-01T00:00'),
      quantity,
      unit: 'kWh',
      measured: quantity,
      recovered: quantity === null ? null : 0,
      estimated: quantity === null ? null : 0,
      completeness,
    });
    const consumption = {
      by: 'month' as const,
      from: iso('2026-11-01T00:00'),
      to: iso('2026-12-01T00:00'),
      rows: [row('a', 10, 1), row('b', null, 0)],
    };
    const ground = sumGround(['a', 'b'], consumption, [], '2', ZONE);
    expect(ground).toMatchObject({ quantity: 10, completeness: 0.5, unit: 'kWh' });
    expect(ground.parts.map((p) => p.quantity)).toEqual([10, null]);
  });
});

describe('what the dialogs send', () => {
  const meter = {
    id: 'm/1',
    unit: 'kWh',
    multiplier: 40,
    epochs: [{ from: null, multiplier: 40 }],
  } as unknown as MeterInfo;
  const now = at('2026-11-20T12:00');
  const exchange = {
    kind: 'exchange' as const,
    meter,
    previous: point('2026-11-14T10:00', 812_322),
    next: point('2026-11-14T16:00', 5003),
  };

  it('begins in the middle of the step, with the multiplier as it was and no register assumed', () => {
    const fields = firstFields(exchange, '王工', now, ZONE);
    expect(fields).toMatchObject({
      at: '2026-11-14T13:00',
      final: '',
      initial: '',
      multiplier: '40',
      recorded_by: '王工',
    });
    expect(midpoint(at('2026-11-14T10:00'), at('2026-11-14T10:01'))).toBe(at('2026-11-14T10:01'));
  });

  it('takes figures as people type them, and the wall clock of the estate', () => {
    expect(['812,325', '８１２３２５．５', ' 5 000 ', '.5', '1.', '-1', '1e5', ''].map(fieldNumber)).toEqual([
      812_325,
      812_325.5,
      5000,
      0.5,
      1,
      null,
      null,
      null,
    ]);
    expect(fieldTime('2026-11-14T13:00', ZONE)).toBe(at('2026-11-14T13:00'));
    expect(timeField(at('2026-11-14T13:00'), ZONE)).toBe('2026-11-14T13:00');
    expect(fieldTime('2026-11-14', ZONE)).toBeNull();
  });

  it('previews before anybody has signed, and sends what is left out as unknown', () => {
    const fields: Fields = { ...firstFields(exchange, '', now, ZONE), initial: '5,000' };
    const faults = faultsOf(exchange, fields, now, ZONE);
    expect(faults).toEqual({ recorded_by: 'needed' });
    expect(draftOf(exchange, fields, faults)).toEqual({
      method: 'POST',
      route: '/meters/m%2F1/exchanges',
      body: {
        at: '2026-11-14T13:00',
        final: null,
        initial: 5000,
        multiplier: 40,
        rollover_at: undefined,
        max_rate: undefined,
        continues: false,
        note: null,
        recorded_by: '—',
      },
    });
    const wrong = { ...fields, at: '2026-11-21T00:00', multiplier: '0' };
    const found = faultsOf(exchange, wrong, now, ZONE);
    expect(found).toEqual({ at: 'future', multiplier: 'notPositive', recorded_by: 'needed' });
    expect(draftOf(exchange, wrong, found)).toBeNull();
  });

  it('offers a ceiling a tenth above the step, in two digits', () => {
    // 50 × 1.1, 12,219,628 × 1.1
    expect([roundUp(50), roundUp(12_219_628), roundUp(0.5)]).toEqual([55, 14_000_000, 0.55]);
  });

  it('knows the believed readings beside an instant', () => {
    const rows = [
      { ...point('2026-11-14T09:00', 1), verdict: 'accepted' as const },
      { ...point('2026-11-14T10:00', 0), verdict: 'false_zero' as const },
      { ...point('2026-11-14T11:00', 2), verdict: 'suspected_exchange' as const },
    ];
    const { previous, next } = besideOf(rows, at('2026-11-14T10:30'));
    expect([previous?.value, next?.value]).toEqual([1, 2]);
    expect(besideOf(rows, null)).toEqual({ previous: null, next: null });
  });
});
