import { expect, test } from 'vitest';
import {
  FILING_ACTIONS,
  FILING_STATES,
  type Filing,
  FilingError,
  type FilingState,
  filingId,
  isPeriod,
  monthsOf,
  parseFilingId,
  periodOf,
  STEPS,
  StaleFilingError,
  stateOf,
  stepsFrom,
  submissionOf,
  withStep,
} from '../../server/domain/filing.ts';
import { monthAfter } from '../../server/domain/month.ts';

const DRAFT: Filing = { node: 'gov', form: 'monthly', period: '2026-11', steps: [] };
const HASH = 'a'.repeat(64);

function through(...actions: Filing['steps'][number]['action'][]): Filing {
  return actions.reduce(
    (filing, action, i) =>
      withStep(filing, stateOf(filing), {
        action,
        at: i,
        by: '李四',
        remark: action === 'return' ? '请核对' : '',
        hash: action === 'submit' ? HASH : null,
      }),
    DRAFT,
  );
}

const OF_STATE: Record<FilingState, Filing> = {
  draft: DRAFT,
  submitted: through('submit'),
  returned: through('submit', 'return'),
  accepted: through('submit', 'accept'),
  published: through('submit', 'accept', 'publish'),
};

test.each(FILING_STATES)('from %s only the steps that are listed are taken', (state) => {
  const filing = OF_STATE[state];
  expect(stateOf(filing)).toBe(state);
  const allowed = stepsFrom(state).map((s) => s.action);
  expect(allowed).toEqual(
    {
      draft: ['submit'],
      submitted: ['return', 'accept'],
      returned: ['submit'],
      accepted: ['return', 'publish'],
      published: [],
    }[state],
  );
  for (const action of FILING_ACTIONS) {
    const step = { action, at: 9, by: '王五', remark: '说明', hash: action === 'submit' ? HASH : null };
    if (allowed.includes(action)) {
      expect(withStep(filing, state, step).steps).toHaveLength(filing.steps.length + 1);
    } else {
      expect(() => withStep(filing, state, step)).toThrow(FilingError);
    }
  }
});

test('the institution submits; the rest is the bureau’s', () => {
  const sides = FILING_STATES.flatMap((s) => stepsFrom(s)).map((s) => `${s.action} ${s.side}`);
  expect(new Set(sides)).toEqual(
    new Set(['submit institution', 'return bureau', 'accept bureau', 'publish bureau']),
  );
});

test('a step that starts from a state left behind is refused, and says which state it is', () => {
  const step = { action: 'accept', at: 5, by: '王五', remark: '', hash: null } as const;
  expect(() => withStep(OF_STATE.accepted, 'submitted', step)).toThrow(StaleFilingError);
  expect(() => withStep(OF_STATE.accepted, 'submitted', step)).toThrow(
    'gov:monthly:2026-11 is accepted by now, not submitted',
  );
});

test.each([
  ['by', { by: '  ' }],
  ['by', { by: '名'.repeat(101) }],
  ['remark', { action: 'return', remark: ' ' }],
  ['remark', { remark: '字'.repeat(5001) }],
  ['at', { at: -1 }],
  ['action', { hash: HASH }],
] as const)('%s is at fault in %o', (path, change) => {
  const step = { action: 'accept', at: 5, by: '王五', remark: '', hash: null, ...change } as const;
  const error = (() => {
    try {
      withStep(OF_STATE.submitted, 'submitted', step);
    } catch (e) {
      return e;
    }
  })();
  expect(error).toBeInstanceOf(FilingError);
  expect((error as FilingError).path).toBe(path);
});

test('a submission without what it froze is none', () => {
  const step = { action: 'submit', at: 5, by: '李四', remark: '', hash: null } as const;
  expect(() => withStep(DRAFT, 'draft', step)).toThrow(/freezes/);
});

test('what was returned is submitted again, and the last submission counts', () => {
  const again = withStep(OF_STATE.returned, 'returned', {
    action: 'submit',
    at: 7,
    by: ' 李四 ',
    remark: '',
    hash: 'b'.repeat(64),
  });
  expect(submissionOf(again)).toMatchObject({ at: 7, by: '李四', hash: 'b'.repeat(64) });
  expect(submissionOf(DRAFT)).toBeUndefined();
});

test('the number of steps is bounded', () => {
  let filing = OF_STATE.submitted;
  while (filing.steps.length < STEPS) {
    const state = stateOf(filing);
    const action = state === 'submitted' ? 'return' : 'submit';
    filing = withStep(filing, state, {
      action,
      at: filing.steps.length,
      by: 'x',
      remark: 'r',
      hash: action === 'submit' ? HASH : null,
    });
  }
  expect(() =>
    withStep(filing, stateOf(filing), { action: 'submit', at: 999, by: 'x', remark: '', hash: HASH }),
  ).toThrow(/100 steps/);
});

test('periods and their months', () => {
  expect(monthsOf('monthly', '2026-11')).toEqual(['2026-11']);
  expect(monthsOf('quarterly', '2026-Q4')).toEqual(['2026-10', '2026-11', '2026-12']);
  expect(monthsOf('annual', '2026')).toHaveLength(12);
  expect(monthsOf('annual', '2026').at(-1)).toBe('2026-12');
  expect(['2026-01', '2026-03', '2026-04', '2026-12'].map((m) => periodOf('quarterly', m))).toEqual([
    '2026-Q1',
    '2026-Q1',
    '2026-Q2',
    '2026-Q4',
  ]);
  expect([periodOf('monthly', '2026-12'), periodOf('annual', '2026-12')]).toEqual(['2026-12', '2026']);
  expect([monthAfter('2026-12', 1), monthAfter('2026-01', -1), monthAfter('2026-11', 14)]).toEqual([
    '2027-01',
    '2025-12',
    '2028-01',
  ]);
  for (const wrong of ['2026-13', '2026-1', '2026-Q5', '2026', '2026-11 ', '1969-01']) {
    expect([wrong, isPeriod('monthly', wrong)]).toEqual([wrong, false]);
  }
  expect(() => monthsOf('quarterly', '2026-11')).toThrow(/no quarterly period/);
});

test('ids read back what they were made of, and nothing else', () => {
  expect(filingId(DRAFT)).toBe('gov:monthly:2026-11');
  const key = { node: 'a.b-c_1', form: 'quarterly', period: '2026-Q1' } as const;
  expect(parseFilingId(filingId(key))).toEqual(key);
  for (const wrong of [
    'gov',
    'gov:monthly',
    ':monthly:2026-11',
    'gov:weekly:2026-11',
    'gov:monthly:2026',
    'a:monthly:2026-11:x',
  ]) {
    expect([wrong, parseFilingId(wrong)]).toEqual([wrong, null]);
  }
});
