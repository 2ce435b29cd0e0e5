/**
 * A filing: what a node owes its bureau for a period (月报, 季报, 年报), and how far it is. Steps are added and
 * never changed; the state follows from the last one.
 */

export const FILING_FORMS = ['monthly', 'quarterly', 'annual'] as const;
export type FilingForm = (typeof FILING_FORMS)[number];

export const FILING_STATES = ['draft', 'submitted', 'returned', 'accepted', 'published'] as const;
export type FilingState = (typeof FILING_STATES)[number];

export const FILING_ACTIONS = ['submit', 'return', 'accept', 'publish'] as const;
export type FilingAction = (typeof FILING_ACTIONS)[number];

/** Who takes a step: the institution that files, or the bureau that it files to. */
export type FilingSide = 'institution' | 'bureau';

export interface FilingStep {
  action: FilingAction;
  /** epoch ms */
  at: number;
  by: string;
  /** Needed when it is returned; empty: none. */
  remark: string;
  /** Of a submission: SHA-256 of what was frozen, in hex; null otherwise. */
  hash: string | null;
}

/** What is filed, whether or not it was yet. */
export interface FilingKey {
  node: string;
  form: FilingForm;
  /** `2026-12`, `2026-Q4` or `2026`. */
  period: string;
}

export interface Filing extends FilingKey {
  /** Oldest first; empty: a draft. */
  steps: readonly FilingStep[];
}

/** What cannot be done with a filing: the field at fault, as the API spells it, and why. */
export class FilingError extends Error {
  override readonly name = 'FilingError';
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

/** The step starts from a state that the filing has left. */
export class StaleFilingError extends Error {
  override readonly name = 'StaleFilingError';
  readonly state: FilingState;

  constructor(key: FilingKey, from: FilingState, state: FilingState) {
    super(`${filingId(key)} is ${state} by now, not ${from}`);
    this.state = state;
  }
}

/** So many steps a filing may have; every one stays on record. */
export const STEPS = 100;
const REMARK = 5000;
const NAME = 100;

const TO: Record<FilingAction, FilingState> = {
  submit: 'submitted',
  return: 'returned',
  accept: 'accepted',
  publish: 'published',
};
/** What is accepted may still be returned, for the bureau may find out later; what is published stands. */
const FROM: Record<FilingAction, readonly FilingState[]> = {
  submit: ['draft', 'returned'],
  return: ['submitted', 'accepted'],
  accept: ['submitted'],
  publish: ['accepted'],
};

export function filingId({ node, form, period }: FilingKey): string {
  return `${node}:${form}:${period}`;
}

/** @returns null where it is no id of a filing */
export function parseFilingId(id: string): FilingKey | null {
  const [node, form, period, ...rest] = id.split(':');
  const known = FILING_FORMS.find((f) => f === form);
  if (!node || !known || period === undefined || rest.length > 0) return null;
  return isPeriod(known, period) ? { node, form: known, period } : null;
}

export function stateOf(filing: Pick<Filing, 'steps'> | undefined): FilingState {
  const last = filing?.steps[filing.steps.length - 1];
  return last ? TO[last.action] : 'draft';
}

/** The steps that may follow a state, with who takes them. */
export function stepsFrom(state: FilingState): { action: FilingAction; side: FilingSide }[] {
  return FILING_ACTIONS.filter((action) => FROM[action].includes(state)).map((action) => ({
    action,
    side: action === 'submit' ? 'institution' : 'bureau',
  }));
}

/** The submission that counts; undefined: none yet. */
export function submissionOf(filing: Pick<Filing, 'steps'> | undefined): FilingStep | undefined {
  return filing?.steps.findLast((s) => s.action === 'submit');
}

/**
 * The filing with one step more.
 * @param from the state that who takes the step believes it to be in
 * @throws StaleFilingError where it is in another by now; FilingError where the step is not allowed
 */
export function withStep(filing: Filing, from: FilingState, step: FilingStep): Filing {
  const state = stateOf(filing);
  if (state !== from) throw new StaleFilingError(filing, from, state);
  if (!FROM[step.action].includes(state)) {
    const allowed = stepsFrom(state).map((s) => s.action);
    throw new FilingError(
      'action',
      `what is ${state} cannot take the step ${step.action}; ${allowed.length > 0 ? `only ${allowed.join(', ')}` : 'it is final'}`,
    );
  }
  const by = step.by.trim();
  const remark = step.remark.trim();
  if (by === '') throw new FilingError('by', 'must not be empty');
  if (by.length > NAME) throw new FilingError('by', `must have at most ${NAME} characters`);
  if (step.action === 'return' && remark === '') {
    throw new FilingError('remark', 'must not be empty: say what is to be mended');
  }
  if (remark.length > REMARK) throw new FilingError('remark', `must have at most ${REMARK} characters`);
  if ((step.action === 'submit') !== (step.hash !== null)) {
    throw new FilingError('action', 'a submission, and nothing else, freezes what is filed');
  }
  if (filing.steps.length >= STEPS) throw new FilingError('action', `has ${STEPS} steps; no more fit`);
  if (step.at < (filing.steps[filing.steps.length - 1]?.at ?? step.at)) {
    throw new FilingError('at', 'is before the step that it follows');
  }
  return { ...filing, steps: [...filing.steps, { ...step, by, remark }] };
}

const PERIOD: Record<FilingForm, RegExp> = {
  monthly: /^(?:19[7-9]\d|20\d\d)-(?:0[1-9]|1[0-2])$/,
  quarterly: /^(?:19[7-9]\d|20\d\d)-Q[1-4]$/,
  annual: /^(?:19[7-9]\d|20\d\d)$/,
};

export function isPeriod(form: FilingForm, period: string): boolean {
  return PERIOD[form].test(period);
}

/** The months of a period, `2026-10` first. */
export function monthsOf(form: FilingForm, period: string): string[] {
  if (!isPeriod(form, period)) throw new RangeError(`no ${form} period ${JSON.stringify(period)}`);
  if (form === 'monthly') return [period];
  const year = period.slice(0, 4);
  const [first, count] = form === 'quarterly' ? [(Number(period[6]) - 1) * 3 + 1, 3] : [1, 12];
  return Array.from({ length: count }, (_, i) => `${year}-${String(first + i).padStart(2, '0')}`);
}

/** The month in which a period ends. */
export function lastMonthOf(form: FilingForm, period: string): string {
  if (form === 'monthly') return period;
  const year = period.slice(0, 4);
  return form === 'annual' ? `${year}-12` : `${year}-${String(Number(period[6]) * 3).padStart(2, '0')}`;
}

/** The period of a form that a month belongs to. */
export function periodOf(form: FilingForm, month: string): string {
  const year = month.slice(0, 4);
  if (form === 'monthly') return month;
  return form === 'annual' ? year : `${year}-Q${Math.ceil(Number(month.slice(5)) / 3)}`;
}
