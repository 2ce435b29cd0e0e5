/** The shapes of the book (台账): entries, the month, bills against meters, workbooks. */
import { z } from '@hono/zod-openapi';
import { BOOK_CARRIERS, FUELS } from '../../domain/book.ts';
import { BOOK_FAULTS } from '../../domain/book-check.ts';
import { author, day, instant, month, quantity, share } from './common.ts';

const text = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .nullish()
    .transform((value) => value || null);

const holder = z
  .string()
  .max(160)
  .nullish()
  .transform((value) => value || null);

export const BookCarrierName = z.enum(BOOK_CARRIERS);

export const BookKeyShape = z.object({
  node: z.string(),
  carrier: BookCarrierName,
  account: z.string().nullable(),
  vehicle: z.string().nullable(),
  month: z.string(),
});

/** What a key is asked for with. */
export const BookKeyQuery = z.object({
  node: z.string().min(1),
  carrier: BookCarrierName,
  account: holder.openapi({ description: 'Id of a billing account' }),
  vehicle: holder.openapi({ description: 'Id of a vehicle' }),
  month,
});

export const BookEntryPut = BookKeyQuery.extend({
  /** True: what was entered is deleted; the history keeps it. */
  delete: z.boolean().default(false),
  quantity: quantity.default(null),
  unit: z.string().max(16).default(''),
  /** yuan */
  cost: quantity.default(null),
  /** Of a bill: its first and its last day. */
  period: z.object({ from: day, to: day }).nullable().default(null),
  meter_number: text(64),
  collected_by: text(100),
  collected_on: text(10),
  note: text(500),
});

export const BookPut = z
  .object({ entries: z.array(BookEntryPut).min(1).max(2_000), recorded_by: author.optional() })
  .openapi('BookPut');

export const BookFaultShape = z.object({
  /** Which of the entries, from 0. */
  index: z.number().int(),
  field: z.string(),
  code: z.enum(BOOK_FAULTS),
  message: z.string(),
});

export const BookSaved = z
  .object({
    /** Records that were made, or with `preview` would be. */
    saved: z.number().int(),
    /** With `preview`: why nothing would be entered. */
    faults: z.array(BookFaultShape),
  })
  .openapi('BookSaved');

/** What was entered, by whom and from where. */
const recorded = {
  quantity,
  unit: z.string(),
  cost: quantity,
  period: z.object({ from: z.string(), to: z.string() }).nullable(),
  meter_number: z.string().nullable(),
  collected_by: z.string().nullable(),
  collected_on: z.string().nullable(),
  note: z.string().nullable(),
  recorded_by: z.string(),
  recorded_at: instant,
  source: z.string(),
};

export const BookEntryShape = BookKeyShape.extend({
  ...recorded,
  explanation: z.object({ text: z.string(), by: z.string(), at: instant }).nullable(),
}).openapi('BookEntry');

export const BillingAccountShape = z.object({
  id: z.string(),
  name: z.string(),
  number: z.string(),
  meter_number: z.string().nullable(),
  meters: z.array(z.string()),
  reading_day: z.number().int().nullable(),
});

export const BookTotalShape = z.object({
  carrier: BookCarrierName,
  unit: z.string(),
  quantity,
  /** The part of it that was entered, as no meter counts it. */
  booked: quantity,
  completeness: share,
  cost: quantity,
  /** Yuan per unit. */
  price: quantity,
  origin: z.enum(['metered', 'booked', 'mixed', 'none']),
});

export const AttachmentShape = BookKeyShape.extend({
  no: z.number().int(),
  name: z.string(),
  media_type: z.string(),
  bytes: z.number().int(),
  sha256: z.string(),
  recorded_by: z.string(),
  recorded_at: instant,
}).openapi('BookAttachment');

export const BookLineShape = BookKeyShape.extend({
  node_name: z.string(),
  account_of: BillingAccountShape.nullable(),
  vehicle_of: z.object({ id: z.string(), plate: z.string(), fuel: z.enum(FUELS) }).nullable(),
  /** Units that may be entered, the usual one first. */
  units: z.array(z.string()),
  entry: BookEntryShape.nullable(),
  last_year: z.object({ quantity, unit: z.string(), cost: quantity }).nullable(),
});

export const BookMonth = z
  .object({
    node: z.string(),
    month: z.string(),
    /** The month still runs: quantities are those so far. */
    running: z.boolean(),
    cost: quantity,
    rows: z.array(
      BookTotalShape.extend({
        last_year: z.object({ quantity, cost: quantity, price: quantity, completeness: share }).nullable(),
        /** now / then − 1 */
        change: z.number().nullable(),
        lines: z.array(BookLineShape),
      }),
    ),
    attachments: z.array(AttachmentShape),
  })
  .openapi('BookMonth', { description: 'A month of the book of a node' });

export const BookMonths = z
  .object({
    node: z.string(),
    months: z.array(z.object({ month: z.string(), totals: z.array(BookTotalShape) })),
  })
  .openapi('BookMonths');

export const BookHistory = z
  .object({
    records: z.array(z.object({ deleted: z.boolean(), ...recorded })),
  })
  .openapi('BookHistory');

export const BookBills = z
  .object({
    node: z.string(),
    bills: z.array(
      z.object({
        account: BillingAccountShape,
        entry: BookEntryShape,
        from: instant,
        to: instant,
        unit: z.string(),
        billed: z.number(),
        metered: quantity,
        completeness: share,
        /** metered − billed */
        difference: quantity,
        /** difference ÷ billed */
        share: z.number().nullable(),
        limit: z.number(),
        meters: z.array(z.string()),
        state: z.enum(['agrees', 'open', 'explained', 'unknown']),
      }),
    ),
  })
  .openapi('BookBills', { description: 'Bills against what the meters counted over exactly their period' });

export const ExplanationPut = BookKeyQuery.extend({
  /** Empty: takes back what was said. */
  text: z.string().trim().max(1000),
  recorded_by: author.optional(),
}).openapi('BillExplanationPut');

export const BookImport = z
  .object({
    sheet: z.string(),
    rows: z.number().int(),
    /** Records that were made, or with `preview` would be. */
    saved: z.number().int(),
    unchanged: z.number().int(),
    faults: z.array(
      z.object({
        cell: z.string(),
        row: z.number().int(),
        column: z.string(),
        code: z.string(),
        message: z.string(),
      }),
    ),
    /** With `preview`: what would be entered. */
    entries: z.array(BookKeyShape.extend({ quantity, unit: z.string(), cost: quantity })),
  })
  .openapi('BookImport');

export type BookMonth = z.infer<typeof BookMonth>;
export type BookMonths = z.infer<typeof BookMonths>;
export type BookBills = z.infer<typeof BookBills>;
export type BookSaved = z.infer<typeof BookSaved>;
export type BookImport = z.infer<typeof BookImport>;
export type BookHistory = z.infer<typeof BookHistory>;
export type BookEntryShape = z.infer<typeof BookEntryShape>;
export type BookTotalShape = z.infer<typeof BookTotalShape>;
export type AttachmentShape = z.infer<typeof AttachmentShape>;
