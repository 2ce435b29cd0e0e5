import { z } from 'zod';
import type { InstitutionRecord } from '../../domain/institution-record.ts';
import { nullable, type PolicyKindOf, text } from './kind.ts';

export const institutionKind: PolicyKindOf<InstitutionRecord> = {
  schema: z
    .strictObject({
      credit_code: nullable(
        z.string().regex(/^[0-9A-HJ-NPQRTUWXY]{18}$/, 'must be 18 digits and capital letters (GB 32100)'),
      ),
      address: nullable(text(300)),
      postcode: nullable(z.string().regex(/^\d{6}$/, 'must be 6 digits')),
      phone: nullable(text(50)),
      department: nullable(text(200)),
      head: nullable(text(100)),
      statistician: nullable(text(100)),
      preparer: nullable(text(100)),
    })
    .transform(({ credit_code, ...rest }) => ({ creditCode: credit_code, ...rest })),
  show: ({ id: _, creditCode, ...rest }) =>
    Object.fromEntries(
      Object.entries({ credit_code: creditCode, ...rest }).filter(([, value]) => value !== null),
    ),
  check(record, { estate }) {
    if (estate.node(record.id)) return [];
    return [{ path: [], message: `no node ${JSON.stringify(record.id)}` }];
  },
};
