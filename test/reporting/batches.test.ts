import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { expect, onTestFinished, test } from 'vitest';
import { type Batch, BatchBusyError, BatchError } from '../../server/reporting/batch.ts';
import { Batches, type BatchMaker, SIDE_BY_SIDE } from '../../server/reporting/batches.ts';
import { REPORT_MODEL, type Report } from '../../server/reporting/model.ts';
import { directory } from '../support/directory.ts';

const ASKED = {
  node: 'city',
  month: '2026-10',
  kind: 'monthly',
  language: 'zh',
  forms: ['docx', 'xlsx'],
} as const;
const of = (count: number) => Array.from({ length: count }, (_, i) => ({ node: `o${i}`, name: `机构 ${i}` }));

/** A report with nothing in it but whose it is. */
const reportOf = (node: string): Report => ({
  model: REPORT_MODEL,
  kind: 'monthly',
  language: 'zh',
  node: { id: node, name: node },
  month: '2026-10',
  zone: 'Asia/Shanghai',
  issuer: node,
  title: node,
  number: null,
  scheme: { id: 's', name: 's' },
  computedAt: 0,
  sections: [],
  signature: { people: [], date: null },
});

interface Bench {
  batches: Batches;
  /** Nodes in the order in which their reports were made. */
  made: string[];
  /** The makers wait here until they are let on. */
  gate: { open: () => void; wait: Promise<void> };
}

function bench(
  at: string,
  maker: Partial<BatchMaker> = {},
  shut = false,
  now = () => Date.UTC(2026, 10, 1),
): Bench {
  const made: string[] = [];
  const gate = Promise.withResolvers<void>();
  if (!shut) gate.resolve();
  const batches = new Batches({ directory: at, now, log: { error: () => {} } });
  batches.use({
    report: async (_, node) => {
      await gate.promise;
      made.push(node);
      return reportOf(node);
    },
    render: async (report, forms) =>
      Object.fromEntries(forms.map((form) => [form, new TextEncoder().encode(`${report.node.id} ${form}`)])),
    isBusy: () => false,
    ...maker,
  });
  onTestFinished(() => {
    gate.resolve();
    return batches.stop();
  });
  return { batches, made, gate: { open: gate.resolve, wait: gate.promise } };
}

async function until(batches: Batches, id: string, what: (b: Batch) => boolean): Promise<Batch> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const batch = batches.get(id);
    if (batch && what(batch)) return batch;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`after 60 s: ${JSON.stringify(batches.get(id))}`);
}

async function bytesOf(archive: AsyncGenerator<Uint8Array> | null): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive ?? []) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

test('every institution in every form, in one archive under their names', async () => {
  const { batches } = bench(directory());
  const { id } = batches.create(ASKED, '示例市', of(3));
  const batch = await until(batches, id, (b) => b.state === 'done');
  expect(batch).toMatchObject({ done: 3, failures: [], error: null });
  const files = unzipSync(await bytesOf(batches.archive(id)));
  expect(Object.keys(files)).toEqual(
    [0, 1, 2].flatMap((i) => [`机构 ${i}（o${i}）.docx`, `机构 ${i}（o${i}）.xlsx`]),
  );
  expect(new TextDecoder().decode(files['机构 1（o1）.xlsx'])).toBe('o1 xlsx');
});

test('what a process left unfinished goes on in the next one, and nothing finished is made again', async () => {
  const at = directory();
  const first = bench(at);
  let others = 0;
  first.batches.use({
    report: async (_, node) => reportOf(node),
    // The process ends after 4 of 6: what comes later is never answered.
    render: async (_, forms) =>
      others++ < 4
        ? Object.fromEntries(forms.map((form) => [form, new Uint8Array([1])]))
        : Promise.reject(new Error('killed')),
    isBusy: () => false,
  });
  const { id } = first.batches.create(ASKED, '示例市', of(6));
  await until(first.batches, id, (b) => b.state === 'done');
  // As a kill would leave it: open, with a file that was half written.
  const file = join(at, id, 'batch.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), state: 'running' }));
  writeFileSync(join(at, id, 'o5.docx.part'), 'half');

  const next = bench(at);
  expect(next.batches.get(id)).toMatchObject({ state: 'running', done: 4 });
  next.batches.start();
  await until(next.batches, id, (b) => b.state === 'done' && b.done === 6 && b.failures.length === 0);
  expect(next.made.sort()).toEqual(['o4', 'o5']);
});

test('an institution that fails is named, and the others are made', async () => {
  const { batches } = bench(directory(), {
    report: async (_, node) => {
      if (node === 'o1') throw new RangeError('no scheme "x"');
      return reportOf(node);
    },
  });
  const { id } = batches.create(ASKED, '示例市', of(3));
  const batch = await until(batches, id, (b) => b.state === 'done');
  expect(batch).toMatchObject({ done: 2, failures: [{ node: 'o1', message: 'no scheme "x"' }] });
});

test('who is busy is asked again', async () => {
  let refused = 0;
  const { batches } = bench(directory(), {
    render: async (_, forms) => {
      if (refused++ === 0) throw new Error('busy');
      return Object.fromEntries(forms.map((form) => [form, new Uint8Array([1])]));
    },
    isBusy: () => true,
  });
  const { id } = batches.create(ASKED, '示例市', of(1));
  expect(await until(batches, id, (b) => b.state === 'done')).toMatchObject({ done: 1, failures: [] });
  expect(refused).toBe(2);
});

test('a batch is cancelled: nothing more is made, and what is there can be taken or removed', async () => {
  const at = directory();
  const { batches, made, gate } = bench(at, {}, true);
  const { id } = batches.create(ASKED, '示例市', of(50));
  await until(batches, id, (b) => b.state === 'running');
  expect(batches.remove(id)).toBe(false);
  expect(batches.cancel(id)).toMatchObject({ state: 'cancelled' });
  gate.open();
  await batches.stop();
  expect(made.length).toBeLessThanOrEqual(SIDE_BY_SIDE);
  expect(batches.get(id)).toMatchObject({ state: 'cancelled', done: 0 });
  expect(batches.remove(id)).toBe(true);
  expect(existsSync(join(at, id))).toBe(false);
});

test('open ones are few, old ones make room, and one without institutions is none', async () => {
  const at = directory();
  let clock = 0;
  const { batches, gate } = bench(at, {}, true, () => clock++);
  const ids = [1, 2, 3].map(() => batches.create(ASKED, '示例市', of(1)).id);
  expect(() => batches.create(ASKED, '示例市', of(1))).toThrow(BatchBusyError);
  expect(() => batches.create(ASKED, '示例市', [])).toThrow(BatchError);
  expect(() => batches.create(ASKED, '示例市', of(5001))).toThrow('at most 5000');
  gate.open();
  for (const id of ids) await until(batches, id, (b) => b.state === 'done');
  for (let i = 0; i < 10; i++) {
    await until(batches, batches.create(ASKED, '示例市', of(1)).id, (b) => b.state === 'done');
  }
  // 10 that are over, and the newest.
  expect(batches.list()).toHaveLength(11);
  expect(readdirSync(at)).toHaveLength(11);
  expect(batches.get(ids[0] as string)).toBeNull();
});

test('a directory that is none of a batch is left alone', () => {
  const at = directory();
  mkdirSync(join(at, '2026-10-0123abcd'));
  writeFileSync(join(at, '2026-10-0123abcd', 'batch.json'), '{"id":"../../etc"}');
  expect(bench(at).batches.list()).toEqual([]);
  expect(readdirSync(at)).toEqual(['2026-10-0123abcd']);
});
