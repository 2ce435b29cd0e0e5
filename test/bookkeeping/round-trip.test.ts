import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readWorkbook } from '../../server/bookkeeping/import.ts';
import { templateOf } from '../../server/bookkeeping/template.ts';
import { BOOK_UNITS, type BookCarrier, type BookChange, type BookFields } from '../../server/domain/book.ts';
import { EXAMPLE, temporaryCatalogue } from '../catalogue/temporary-catalogue.ts';

const NOW = Date.parse('2026-11-20T12:00:00+08:00');
const TODAY = '2026-11-20';
const text = (max: number) =>
  fc.oneof(
    fc.constant(null),
    fc
      .string({ minLength: 1, maxLength: max, unit: 'grapheme' })
      .map((t) =>
        t
          .normalize('NFC')
          .replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '')
          .trim(),
      )
      .map((t) => t || null),
  );
const amount = fc.oneof(
  fc.constant(0),
  fc.double({ min: 0, max: 1e6, noNaN: true }),
  fc.integer({ min: 0, max: 1e6 }),
);
const fields = (carrier: BookCarrier): fc.Arbitrary<BookFields> =>
  fc.record({
    quantity: amount,
    unit: fc.constantFrom(...BOOK_UNITS[carrier]),
    cost: fc.option(amount),
    period: fc.constant(null),
    meterNumber: text(30),
    collectedBy: text(20),
    collectedOn: fc.constantFrom(null, '2026-01-31', '2026-10-05'),
    note: text(60),
  });
const change = fc
  .tuple(
    fc.constantFrom<BookCarrier>('coal', 'lpg', 'heat', 'water', 'other', 'electricity'),
    fc.constantFrom('2026-01', '2026-02', '2026-03'),
  )
  .chain(([carrier, month]) =>
    fields(carrier).map(
      (of): BookChange => ({
        key: { node: 'gov', carrier, account: null, vehicle: null, month },
        fields: of,
      }),
    ),
  );

test('the book written to a workbook and imported again is the same book', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(change, { maxLength: 8, selector: ({ key }) => `${key.carrier} ${key.month}` }),
      fc.constantFrom('zh' as const, 'en' as const),
      async (changes, language) => {
        const written = temporaryCatalogue({ now: () => NOW });
        const read = temporaryCatalogue({ now: () => NOW });
        for (const catalogue of [written, read]) catalogue.applyEstate(EXAMPLE, 'test');
        if (changes.length > 0) written.changeBook(changes, 'x', 'x');
        const [estate, policy] = [written.snapshot(), written.policy()];
        const file = await templateOf({ estate, policy }, 'city', '2026-01', '2026-03', language);
        const around = { node: 'city', today: TODAY };
        const same = await readWorkbook(file, { ...around, estate, policy });
        expect(same).toMatchObject({ faults: [], changes: [], unchanged: changes.length });
        // Into an empty book it brings all of it.
        const other = await readWorkbook(file, { ...around, estate: read.snapshot(), policy: read.policy() });
        expect(other.faults).toEqual([]);
        if (other.changes.length > 0) read.changeBook(other.changes, 'x', 'x');
        const plain = (catalogue: typeof read) =>
          catalogue
            .snapshot()
            .book.of('gov')
            .map(({ no: _, ...entry }) => entry)
            .sort((a, b) => `${a.carrier}${a.month}`.localeCompare(`${b.carrier}${b.month}`));
        expect(plain(read)).toEqual(plain(written));
      },
    ),
    { numRuns: 25 },
  );
});
