import { expect, onTestFinished, test } from 'vitest';
import { type PoolSettings, RenderBusyError, RenderPool } from '../../server/reporting/render/pool.ts';
import { readWord } from './read-documents.ts';
import { sampleReport } from './sample.ts';

function pool(settings: Partial<PoolSettings> = {}): RenderPool {
  const made = new RenderPool(settings);
  onTestFinished(() => made.close());
  return made;
}

const small = (title: string) => sampleReport({ title, sections: [] });

test('reports come back as their own, whatever the order in which threads finish', async () => {
  const p = pool({ threads: 2 });
  const titles = ['甲', '乙', '丙', '丁', '戊'];
  const made = await Promise.all(titles.map((title) => p.render(small(title), ['docx', 'html'])));
  expect(made.map(({ docx }) => readWord(docx).paragraphs[0])).toEqual(titles);
  expect(made.map(({ html }) => /<title>(.)/.exec(new TextDecoder().decode(html))?.[1])).toEqual(titles);
  expect(p.threads).toBe(2);
});

test('more than may wait are refused at once, and those that wait are still made', async () => {
  const p = pool({ threads: 1, maxWaiting: 1 });
  const taken = [p.render(small('甲'), ['html']), p.render(small('乙'), ['html'])];
  await expect(p.render(small('丙'), ['html'])).rejects.toThrow(RenderBusyError);
  expect(await Promise.all(taken)).toHaveLength(2);
});

test('a report that cannot be rendered fails alone, and says which it is', async () => {
  const p = pool({ threads: 1 });
  const broken = sampleReport({ zone: 'Nowhere/Never' });
  await expect(p.render(broken, ['xlsx'])).rejects.toThrow('report monthly gov 2026-12');
  expect((await p.render(small('甲'), ['xlsx'])).xlsx.length).toBeGreaterThan(1000);
});

test('a thread without work ends, and the next report starts another', async () => {
  const p = pool({ idleMs: 20 });
  await p.render(small('甲'), ['html']);
  await expect.poll(() => p.threads).toBe(0);
  await p.render(small('乙'), ['html']);
});

test('what waits when the pool closes fails', async () => {
  const p = pool({ threads: 1 });
  const made = [p.render(small('甲'), ['html']), p.render(small('乙'), ['html'])];
  const settled = Promise.allSettled(made);
  await p.close();
  expect((await settled).map((s) => s.status)).toEqual(['rejected', 'rejected']);
});
