/**
 * 说明: who uses more than the quota explains it to the bureau (公共机构节能条例 art. 17). One per institution,
 * year and quota. What was said is never changed: each step is added to the history.
 */

export const EXPLANATION_ACTIONS = ['submit', 'accept', 'return'] as const;
export type ExplanationAction = (typeof EXPLANATION_ACTIONS)[number];

/** open: due, nothing written yet; it is not stored, the figures say so. The others follow from the last action. */
export const EXPLANATION_STATES = ['open', 'submitted', 'accepted', 'returned'] as const;
export type ExplanationState = (typeof EXPLANATION_STATES)[number];

/** The position that was spoken of, as it was then. */
export interface ExplainedFigure {
  value: number;
  constraint: number;
  unit: string;
  completeness: number;
}

export interface ExplanationEvent {
  action: ExplanationAction;
  /** epoch ms */
  at: number;
  by: string;
  /** submit: the explanation. accept, return: remarks. */
  text: string;
  /** Of a submission; null otherwise. */
  figure: ExplainedFigure | null;
}

export interface Explanation {
  /** `node:year:quota`. */
  id: string;
  node: string;
  year: number;
  quota: string;
  /** Oldest first. */
  history: readonly ExplanationEvent[];
}

/** What cannot be done with an explanation: the field at fault, as the API spells it, and why. */
export class ExplanationError extends Error {
  override readonly name = 'ExplanationError';
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

/** So many times it may go back and forth; every one stays on record. */
export const EVENTS = 100;

export function explanationId(node: string, year: number, quota: string): string {
  return `${node}:${year}:${quota}`;
}

export function stateOf(explanation: Pick<Explanation, 'history'> | undefined): ExplanationState {
  const last = explanation?.history[explanation.history.length - 1];
  if (!last) return 'open';
  return last.action === 'submit' ? 'submitted' : last.action === 'accept' ? 'accepted' : 'returned';
}

/**
 * The explanation with one step more: submitted when it was open or returned, accepted or returned when it was
 * submitted.
 * @throws ExplanationError
 */
export function withEvent(explanation: Explanation, event: ExplanationEvent): Explanation {
  const state = stateOf(explanation);
  const by = event.by.trim();
  const text = event.text.trim();
  if (by === '') throw new ExplanationError('by', 'must not be empty');
  if (event.action !== 'accept' && text === '') throw new ExplanationError('text', 'must not be empty');
  if (event.action === 'submit') {
    if (state === 'submitted')
      throw new ExplanationError('text', 'is with the bureau; it has not been reviewed yet');
    if (state === 'accepted') throw new ExplanationError('text', 'has been accepted');
    if (!event.figure) throw new ExplanationError('quota', 'there is no figure above the quota to explain');
  } else if (state !== 'submitted') {
    throw new ExplanationError('action', `nothing was submitted that could be reviewed; it is ${state}`);
  }
  const { history } = explanation;
  if (history.length >= EVENTS) throw new ExplanationError('action', `has ${EVENTS} entries; no more fit`);
  if (event.at < (history[history.length - 1]?.at ?? event.at)) {
    throw new ExplanationError('at', 'is before the entry that it follows');
  }
  return { ...explanation, history: [...history, { ...event, by, text }] };
}
