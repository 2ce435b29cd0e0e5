import { expect, test } from 'vitest';
import {
  EVENTS,
  type Explanation,
  ExplanationError,
  type ExplanationEvent,
  explanationId,
  stateOf,
  withEvent,
} from '../../server/domain/explanation.ts';

const NEW: Explanation = {
  id: explanationId('gov', 2025, 'q'),
  node: 'gov',
  year: 2025,
  quota: 'q',
  history: [],
};
const FIGURE = { value: 26, constraint: 25, unit: 'm³/(p·a)', completeness: 0.98 };

function submit(at: number, text = '食堂改造期间用水增加'): ExplanationEvent {
  return { action: 'submit', at, by: '李四', text, figure: FIGURE };
}
function review(action: 'accept' | 'return', at: number, text = ''): ExplanationEvent {
  return { action, at, by: '王五', text, figure: null };
}
function refused(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ExplanationError) return `${error.path}: ${error.message}`;
    throw error;
  }
  return 'allowed';
}

test('goes from open through submitted and returned to accepted, and keeps every step', () => {
  expect(stateOf(undefined)).toBe('open');
  expect(stateOf(NEW)).toBe('open');
  const submitted = withEvent(NEW, submit(1));
  expect(stateOf(submitted)).toBe('submitted');
  const returned = withEvent(submitted, review('return', 2, '  请附改造前后水表读数  '));
  expect(stateOf(returned)).toBe('returned');
  const again = withEvent(returned, submit(3, '已附读数'));
  const accepted = withEvent(again, review('accept', 4));
  expect(stateOf(accepted)).toBe('accepted');
  expect(accepted.history.map((e) => [e.action, e.at, e.by, e.text])).toEqual([
    ['submit', 1, '李四', '食堂改造期间用水增加'],
    ['return', 2, '王五', '请附改造前后水表读数'],
    ['submit', 3, '李四', '已附读数'],
    ['accept', 4, '王五', ''],
  ]);
  // What was there before is untouched.
  expect([NEW.history.length, submitted.history.length, returned.history.length]).toEqual([0, 1, 2]);
});

test('refuses what is not its turn, and says which field is at fault', () => {
  const submitted = withEvent(NEW, submit(1));
  const accepted = withEvent(submitted, review('accept', 2));
  expect(refused(() => withEvent(NEW, review('accept', 1)))).toMatch(/^action: nothing was submitted.*open$/);
  expect(refused(() => withEvent(submitted, submit(2)))).toMatch(/^text: is with the bureau/);
  expect(refused(() => withEvent(accepted, submit(3)))).toBe('text: has been accepted');
  expect(refused(() => withEvent(accepted, review('return', 3, 'x')))).toMatch(/accepted$/);
  expect(refused(() => withEvent(submitted, review('return', 2, ' ')))).toBe('text: must not be empty');
  expect(refused(() => withEvent(NEW, submit(1, ' ')))).toBe('text: must not be empty');
  expect(refused(() => withEvent(NEW, { ...submit(1), by: '' }))).toBe('by: must not be empty');
  expect(refused(() => withEvent(NEW, { ...submit(1), figure: null }))).toMatch(/^quota: /);
  expect(refused(() => withEvent(submitted, review('accept', 0)))).toMatch(/^at: /);
});

test('is bounded', () => {
  let explanation = NEW;
  for (let i = 0; i < EVENTS / 2; i++) {
    explanation = withEvent(withEvent(explanation, submit(i)), review('return', i, 'again'));
  }
  expect(refused(() => withEvent(explanation, submit(EVENTS)))).toMatch(/^action: has 100 entries/);
});
