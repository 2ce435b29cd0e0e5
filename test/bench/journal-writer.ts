/**
 * The ceiling of the disk: a journal that is filled with readings one by one as fast as it commits them, without
 * a network before it or a ledger behind it. Started as a process of its own: `SECONDS` in the first argument.
 */
import { join } from 'node:path';
import { Journal } from '../../server/journal/journal.ts';
import { percentile, temporary } from './run.ts';

export interface WriterResult {
  perSecond: number;
  /** Time of a commit as the journal's own numbers have it, p99, ms. */
  commitP99: number;
}

/** As many as the generator keeps under way. */
const WINDOW = 2000;

const { path, remove } = temporary();
const journal = new Journal({ file: join(path, 'journal.sqlite') });
await journal.start();
const commits: number[] = [];
journal.onGroup(({ ms }) => commits.push(ms));
const began = performance.now();
const until = began + Number(process.argv[2]) * 1000;
let stored = 0;
for (let round = 0; performance.now() < until; round++) {
  const group: Promise<unknown>[] = [];
  for (let i = 0; i < WINDOW; i++) {
    group.push(journal.append([{ meter: i, time: 1_600_000_000_000 + round, value: i / 8, flags: 0 }], []));
  }
  await Promise.all(group);
  stored += WINDOW;
}
const seconds = (performance.now() - began) / 1000;
await journal.stop();
remove();
const result: WriterResult = { perSecond: stored / seconds, commitP99: percentile(commits, 0.99) };
process.stdout.write(`${JSON.stringify(result)}\n`);
