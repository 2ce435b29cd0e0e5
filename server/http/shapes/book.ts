import type { z } from '@hono/zod-openapi';
import type { BookLine } from '../../bookkeeping/book.ts';
import type { BookTotal } from '../../bookkeeping/totals.ts';
import type { Attachment } from '../../catalogue/attachments.ts';
import {
  type BillingAccount,
  BOOK_UNITS,
  type BookChange,
  type BookEntry,
  type BookFields,
  type BookKey,
} from '../../domain/book.ts';
import type { Estate } from '../../domain/estate.ts';
import type {
  AttachmentShape,
  BillingAccountShape,
  BookEntryPut,
  BookEntryShape,
  BookLineShape,
  BookTotalShape,
} from '../schemas/book.ts';

export function keyShape({ node, carrier, account, vehicle, month }: BookKey): BookKey {
  return { node, carrier, account, vehicle, month };
}

export function fieldsShape(fields: BookFields) {
  return {
    quantity: fields.quantity,
    unit: fields.unit,
    cost: fields.cost,
    period: fields.period,
    meter_number: fields.meterNumber,
    collected_by: fields.collectedBy,
    collected_on: fields.collectedOn,
    note: fields.note,
  };
}

export function entryShape({ zone }: Estate, entry: BookEntry): BookEntryShape {
  const { explanation } = entry;
  return {
    ...keyShape(entry),
    ...fieldsShape(entry),
    recorded_by: entry.author,
    recorded_at: zone.iso(entry.recordedAt),
    source: entry.source,
    explanation: explanation && {
      text: explanation.text,
      by: explanation.author,
      at: zone.iso(explanation.at),
    },
  };
}

export function accountShape(estate: Estate, a: BillingAccount): z.infer<typeof BillingAccountShape> {
  return {
    id: a.id,
    name: a.name,
    number: a.number,
    meter_number: a.meterNumber,
    // Those of somebody else's part of the tree count, and are not named.
    meters: a.meters.filter((id) => estate.meter(id) ?? estate.virtual(id)),
    reading_day: a.readingDay,
  };
}

export function totalShape(total: BookTotal): BookTotalShape {
  const { carrier, unit, quantity, booked, completeness, cost, price, origin } = total;
  return { carrier, unit, quantity, booked, completeness, cost, price, origin };
}

export function lineShape(estate: Estate, line: BookLine): z.infer<typeof BookLineShape> {
  const { key, account, vehicle, entry, lastYear } = line;
  return {
    ...keyShape(key),
    node_name: estate.node(key.node)?.name ?? key.node,
    account_of: account && accountShape(estate, account),
    vehicle_of: vehicle && { id: vehicle.id, plate: vehicle.plate, fuel: vehicle.fuel },
    units: [...BOOK_UNITS[key.carrier]],
    entry: entry && entryShape(estate, entry),
    last_year: lastYear && { quantity: lastYear.quantity, unit: lastYear.unit, cost: lastYear.cost },
  };
}

export function attachmentShape({ zone }: Estate, a: Attachment): AttachmentShape {
  return {
    ...keyShape(a.key),
    no: a.no,
    name: a.name,
    media_type: a.mediaType,
    bytes: a.bytes,
    sha256: a.sha256,
    recorded_by: a.author,
    recorded_at: zone.iso(a.recordedAt),
  };
}

export function changeOf(put: z.infer<typeof BookEntryPut>): BookChange {
  const fields: BookFields = {
    quantity: put.quantity,
    unit: put.unit,
    cost: put.cost,
    period: put.period,
    meterNumber: put.meter_number,
    collectedBy: put.collected_by,
    collectedOn: put.collected_on,
    note: put.note,
  };
  return { key: keyShape(put), fields: put.delete ? null : fields };
}
