import { z } from 'zod';
import { type BillingAccount, BOOK_CARRIERS } from '../../domain/book.ts';
import { type Fault, nullable, type PolicyKindOf, text } from './kind.ts';

export const billingAccountKind: PolicyKindOf<BillingAccount> = {
  schema: z
    .strictObject({
      node: text(64),
      carrier: z.enum(BOOK_CARRIERS),
      name: text(100),
      number: text(64),
      meter_number: nullable(text(64)),
      meters: z.array(text(64)).max(100).default([]),
      reading_day: nullable(z.number().int().min(1).max(31)),
    })
    .transform(({ meter_number: meterNumber, reading_day: readingDay, ...rest }) => ({
      ...rest,
      meterNumber,
      readingDay,
    })),
  show: (a) => ({
    node: a.node,
    carrier: a.carrier,
    name: a.name,
    number: a.number,
    ...(a.meterNumber !== null && { meter_number: a.meterNumber }),
    ...(a.meters.length > 0 && { meters: [...a.meters] }),
    ...(a.readingDay !== null && { reading_day: a.readingDay }),
  }),
  check(a, { estate, policy }) {
    const faults: Fault[] = [];
    if (!estate.node(a.node)) faults.push({ path: ['node'], message: `no node ${JSON.stringify(a.node)}` });
    a.meters.forEach((id, i) => {
      const meter = estate.meter(id) ?? estate.virtual(id);
      if (!meter) faults.push({ path: ['meters', i], message: `no meter ${JSON.stringify(id)}` });
      else if (meter.carrier !== a.carrier) {
        faults.push({ path: ['meters', i], message: `counts ${meter.carrier}, the account ${a.carrier}` });
      }
    });
    if (new Set(a.meters).size < a.meters.length) {
      faults.push({ path: ['meters'], message: 'names a meter twice' });
    }
    const same = policy
      .list('billing_account')
      .find((o) => o.id !== a.id && o.carrier === a.carrier && o.number === a.number && o.node === a.node);
    if (same) {
      faults.push({ path: ['number'], message: `is the number of ${JSON.stringify(same.id)} already` });
    }
    return faults;
  },
};
