import { describe, expect, test } from 'vitest';
import type { Catalogue } from '../../server/catalogue/catalogue.ts';
import type { BookChange, BookFields } from '../../server/domain/book.ts';
import { BookError } from '../../server/domain/book-check.ts';
import {
  behind,
  EXAMPLE,
  seeChange,
  temporaryCatalogue,
  temporaryFile,
  temporaryPlace,
} from './temporary-catalogue.ts';

const NOW = Date.parse('2026-11-20T12:00:00+08:00');
const FIELDS: BookFields = {
  quantity: 100,
  unit: 'L',
  cost: 800,
  period: null,
  meterNumber: null,
  collectedBy: '王五',
  collectedOn: '2026-10-31',
  note: null,
};
const KEY = { node: 'gov', carrier: 'diesel', account: null, vehicle: null, month: '2026-10' } as const;
const entry = (fields: Partial<BookFields> = {}, key: Partial<BookChange['key']> = {}): BookChange => ({
  key: { ...KEY, ...key },
  fields: { ...FIELDS, ...fields },
});

function furnished(file = temporaryPlace()): Catalogue {
  const catalogue = temporaryCatalogue({ now: () => NOW }, file);
  catalogue.applyEstate(EXAMPLE, 'test');
  return catalogue;
}

describe('the book', () => {
  test('is read back by another process, entry by entry, and what was found in the estate before stays', async () => {
    const file = temporaryPlace();
    const catalogue = furnished(file);
    const reader = temporaryCatalogue({}, file);
    const before = reader.snapshot();
    expect(catalogue.changeBook([entry(), entry({}, { month: '2026-09' })], '张三', 'entered')).toBe(2);
    await seeChange(reader);
    expect(reader.snapshot().book.of('gov')).toEqual(catalogue.snapshot().book.of('gov'));
    expect(reader.snapshot().book.at(KEY)).toMatchObject({
      ...FIELDS,
      author: '张三',
      recordedAt: NOW,
      source: 'entered',
    });
    expect(reader.snapshot().meters).toBe(before.meters);
    // Nothing new is no version and no record.
    const { version } = catalogue;
    expect(catalogue.changeBook([entry()], '李四', 'entered')).toBe(0);
    expect(catalogue.version).toBe(version);
    catalogue.explainBill(KEY, '估抄', '李四');
    await seeChange(reader);
    expect(reader.snapshot().book.at(KEY)?.explanation).toEqual({ text: '估抄', author: '李四', at: NOW });
    catalogue.changeBook([{ key: KEY, fields: null }], '李四', 'entered');
    await seeChange(reader);
    expect(reader.snapshot().book.at(KEY)).toBeUndefined();
    expect(reader.snapshot().book.of('gov', '2026-09')).toHaveLength(1);
    // A catalogue that is opened afresh reads all of it at once.
    expect(temporaryCatalogue({}, file).snapshot().book.of('gov')).toEqual(reader.snapshot().book.of('gov'));
  });

  test('refuses all of it for one mistake, and computes no meter again', () => {
    const catalogue = furnished();
    expect(() =>
      catalogue.changeBook([entry(), entry({ quantity: -1 }, { month: '2026-09' })], 'x', 'x'),
    ).toThrow(BookError);
    expect(catalogue.snapshot().book.nodes()).toEqual([]);
    const { version } = catalogue;
    catalogue.changeBook([entry()], 'x', 'x');
    expect(catalogue.version).toBe(version + 1);
    expect(catalogue.changedSince(version)).toEqual([]);
    expect(catalogue.changes({ limit: 1 })).toMatchObject([
      { kind: 'book', id: 'gov', after: { entries: 1 } },
    ]);
  });

  test('cannot be edited behind its back', () => {
    const file = temporaryPlace();
    furnished(file).changeBook([entry()], 'x', 'x');
    behind(file, (sql) => {
      expect(() => sql('UPDATE book_record SET quantity = 1')).toThrow('never edited');
      expect(() => sql('DELETE FROM book_record')).toThrow('never deleted');
    });
  });

  test('attachments go with a backup, byte by byte', () => {
    const catalogue = furnished();
    catalogue.changeBook([entry()], 'x', 'x');
    const content = new Uint8Array([0x25, 0x50, 0x44, 0x46, 0x2d, 0, 255, 7]);
    const no = catalogue.attach(KEY, { name: '账单.pdf', content }, '张三');
    const copy = temporaryFile();
    catalogue.backupTo(copy);
    const restored = temporaryCatalogue({}, copy);
    expect(restored.attachment(no)).toMatchObject({
      name: '账单.pdf',
      mediaType: 'application/pdf',
      content,
    });
    catalogue.detach(no, '李四');
    expect(catalogue.attachment(no)).toBeNull();
    expect(() => catalogue.detach(no, '李四')).toThrow(RangeError);
  });
});
