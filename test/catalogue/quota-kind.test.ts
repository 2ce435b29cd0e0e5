import { expect, test } from 'vitest';
import { quotaKind } from '../../server/catalogue/policy-kinds/quota.ts';
import { BUILTIN_QUOTAS } from '../../server/domain/builtin-quotas.ts';
import { Policy } from '../../server/domain/policy.ts';
import { estate } from '../support/estate.ts';

test('every quota that is shipped can be taken out, changed and put back', () => {
  const around = { estate: estate([]), policy: new Policy() };
  for (const quota of BUILTIN_QUOTAS) {
    const shown: unknown = JSON.parse(JSON.stringify(quotaKind.show(quota)));
    expect({ ...quotaKind.schema.parse(shown), id: quota.id }).toEqual(quota);
    expect(quotaKind.check?.(quota, around)).toEqual([]);
  }
});
