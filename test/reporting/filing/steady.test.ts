import { expect, test } from 'vitest';
import { type Figures, steadily, UnsteadyError } from '../../../server/reporting/filing/steady.ts';

class Changing implements Figures {
  months = 0;
  readonly listeners = new Set<() => void>();
  waiting = (): number => this.months;
  onRecomputed(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
  recomputed(): void {
    this.months = 0;
    for (const listener of this.listeners) listener();
  }
}

test('what stands still is done once', async () => {
  const figures = new Changing();
  let times = 0;
  expect(await steadily(figures, async () => ++times)).toBe(1);
  expect(figures.listeners.size).toBe(0);
});

test('it waits for what is being computed', async () => {
  const figures = new Changing();
  figures.months = 3;
  setTimeout(() => figures.recomputed(), 150);
  expect(await steadily(figures, async () => figures.months)).toBe(0);
});

test('what was computed again or came in meanwhile is done anew', async () => {
  const figures = new Changing();
  let times = 0;
  const made = await steadily(figures, async () => {
    times++;
    if (times === 1) figures.recomputed();
    if (times === 2) {
      figures.months = 1;
      setTimeout(() => figures.recomputed(), 20);
    }
    return times;
  });
  expect(made).toBe(3);
});

test('figures that never stand still are named, and what fails is let through', async () => {
  const figures = new Changing();
  figures.months = 7;
  await expect(steadily(figures, async () => 1, 50)).rejects.toThrow(UnsteadyError);
  await expect(steadily(figures, async () => 1, 50)).rejects.toThrow('7 months of its meters wait');
  figures.months = 0;
  await expect(steadily(figures, () => Promise.reject(new Error('checks')))).rejects.toThrow('checks');
  expect(figures.listeners.size).toBe(0);
});
