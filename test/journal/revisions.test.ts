import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Journal } from '../../server/journal/journal.ts';
import type { RevisionEntry } from '../../server/journal/outcome.ts';
import { directory } from '../support/directory.ts';

const HOUR_MS = 3_600_000;

test('of revisions the newest so many are kept', async () => {
  const journal = new Journal({ file: join(directory(), 'journal.sqlite'), maxRevisions: 5 });
  await journal.start();
  onTestFinished(() => journal.stop());
  const revision = (i: number): RevisionEntry => ({
    meter: 1,
    month: 0,
    at: i,
    causes: ['late'],
    catalogue: null,
    from: i * HOUR_MS,
    to: (i + 1) * HOUR_MS,
    hours: 1,
    before: null,
    after: null,
  });
  await journal.markClean([[1, 0]], { suspects: [], revisions: [0, 1, 2, 3].map(revision) });
  await journal.markClean([[1, 0]], { suspects: [], revisions: [4, 5, 6, 7].map(revision) });
  expect(journal.revisions({ limit: 100 }).map((r) => r.at)).toEqual([7, 6, 5, 4, 3]);
});
