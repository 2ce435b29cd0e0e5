/** The shapes of what is filed with the bureau. */
import { z } from '@hono/zod-openapi';
import { SHIFTS } from '../../domain/deadline.ts';
import { FILING_ACTIONS, FILING_FORMS, FILING_STATES } from '../../domain/filing.ts';
import { DUE_STATES } from '../../reporting/filing/calendar.ts';
import { REPORT_KINDS, REPORT_LANGUAGES } from '../../reporting/model.ts';
import { Check } from './checks.ts';
import { author, instant, month, quantity, Source } from './common.ts';
import { Revision } from './ledger.ts';

const period = z.string().openapi({ description: '2026-12, 2026-Q4 or 2026', example: '2026-12' });

export const FilingStep = z
  .object({
    action: z.enum(FILING_ACTIONS),
    at: instant,
    by: z.string(),
    remark: z.string(),
    /** Of a submission: SHA-256 of what was frozen. */
    hash: z.string().nullable(),
  })
  .openapi('FilingStep');

const row = {
  id: z.string().openapi({ example: 'gov:monthly:2026-12' }),
  node: z.string(),
  name: z.string(),
  form: z.enum(FILING_FORMS),
  period,
  state: z.enum(FILING_STATES),
  due_state: z.enum(DUE_STATES),
  /** The last day on which it is in time, and the id of the deadline; null: none is set. */
  due: z.object({ date: z.string(), deadline: z.string() }).nullable(),
  /** Whole days until then, negative: since; null: it is filed, or no deadline is set. */
  days_left: z.number().int().nullable(),
  /** The last step; null: a draft. */
  last: FilingStep.nullable(),
};

export const FilingRow = z.object(row).openapi('FilingRow', {
  description:
    'running: the period has not ended. due: to be filed, in time so far. late: its deadline has passed. ' +
    'in_time, filed_late: when it was filed for the first time. undated: filed, and no deadline is set.',
});

export const Filings = z
  .object({
    node: z.string(),
    from: month,
    to: month,
    filings: z.array(FilingRow),
    /** The deadlines that the filings name. */
    deadlines: z.array(
      z.object({
        id: z.string(),
        form: z.enum(FILING_FORMS),
        node: z.string().nullable(),
        region: z.string().nullable(),
        from: month.nullable(),
        months: z.number().int(),
        day: z.number().int(),
        shift: z.enum(SHIFTS),
        source: Source,
      }),
    ),
  })
  .openapi('Filings', { description: 'What is due first comes first' });

const some = z.object({ count: z.number().int(), first: z.array(FilingRow) });

export const FilingReminders = z
  .object({
    node: z.string(),
    /** Past their deadline and not filed, or returned and not mended: those first. */
    late: some,
    /** To be filed within the days asked for. */
    due: some,
    /** Returned with remarks, and in time so far. */
    returned: some,
    /** With the bureau, which has not looked at them yet. */
    submitted: some,
  })
  .openapi('FilingReminders', { description: 'Of each sort the number, and at most 20' });

export const FilingCheck = z
  .object({
    month,
    check: Check,
    /** open: neither mended nor explained, or explained when it showed something else. */
    state: z.enum(['open', 'explained']),
    explanation: z
      .object({
        text: z.string(),
        by: z.string(),
        at: instant,
        /** What the check showed then. */
        value: quantity,
        share: quantity,
      })
      .nullable(),
  })
  .openapi('FilingCheck');

export const FilingDetail = z
  .object({
    ...row,
    /** Where its deadline is laid down. */
    source: Source.nullable(),
    /** Whether the period has ended, so that it can be filed. */
    ended: z.boolean(),
    steps: z.array(FilingStep),
    allowed: z.array(z.object({ action: z.enum(FILING_ACTIONS), side: z.enum(['institution', 'bureau']) })),
    /** As they are now where it is still to be filed; else as they were when it was. */
    checks: z.array(FilingCheck),
    /** How many of them hold filing up. */
    holding: z.number().int(),
    reports: z.array(z.object({ kind: z.enum(REPORT_KINDS), month })),
    /** SHA-256 of the submission that counts, which was found to be what was filed; null: none yet. */
    hash: z.string().nullable(),
  })
  .openapi('FilingDetail');

export const StepBody = z
  .strictObject({
    from: z.enum(FILING_STATES).openapi({ description: 'The state that the step starts from' }),
    action: z.enum(FILING_ACTIONS),
    by: author.optional(),
    remark: z.string().max(5000).default(''),
  })
  .openapi('FilingStepBody');

export const ExplainBody = z
  .strictObject({
    month: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month like 2026-12'),
    check: z.string().min(1).max(200),
    text: z.string().trim().min(1, 'must not be empty').max(5000),
    by: author.optional(),
  })
  .openapi('CheckExplanationBody');

const cell = z.union([z.number(), z.string()]).nullable();

export const FilingRevision = z
  .object({
    id: z.string(),
    language: z.enum(REPORT_LANGUAGES),
    /** What was filed, and when its figures were computed. */
    hash: z.string(),
    frozen_at: instant,
    reports: z.array(
      z.object({
        kind: z.string(),
        month,
        title: z.string(),
        figures: z.array(
          z.object({
            section: z.string(),
            /** Caption of the table or chart. */
            table: z.string(),
            row: z.string(),
            column: z.string(),
            unit: z.string(),
            before: cell,
            after: cell,
            /** Its row or column is not there: in what was filed, or today. */
            absent: z.enum(['before', 'after']).nullable(),
          }),
        ),
      }),
    ),
    causes: z.array(
      z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('readings'), at: instant, revision: Revision }),
        z.object({
          kind: z.literal('change'),
          at: instant,
          /** node, book, setting, virtual or policy. */
          of: z.string(),
          id: z.string(),
          by: z.string(),
          source: z.string(),
        }),
      ]),
    ),
  })
  .openapi('FilingRevision', {
    description:
      'How a filing differs from what the same reports would say today, with what happened since; newest first, ' +
      'at most 100 of either sort. No figures: nothing differs.',
  });

export type FilingStep = z.infer<typeof FilingStep>;
export type FilingRow = z.infer<typeof FilingRow>;
export type Filings = z.infer<typeof Filings>;
export type FilingReminders = z.infer<typeof FilingReminders>;
export type FilingCheck = z.infer<typeof FilingCheck>;
export type FilingDetail = z.infer<typeof FilingDetail>;
export type FilingRevision = z.infer<typeof FilingRevision>;
