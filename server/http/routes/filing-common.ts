import { z } from '@hono/zod-openapi';
import { type FilingKey, filingId, parseFilingId } from '../../domain/filing.ts';
import type { FiledCheck } from '../../reporting/filing/checked.ts';
import { type FilingSources, filingChecks } from '../../reporting/filing/compose.ts';
import { type FrozenFiling, TamperedFilingError } from '../../reporting/filing/frozen.ts';
import { frozenFiling } from '../../reporting/filing/read.ts';
import type { HttpDeps } from '../deps.ts';
import { badField, ProblemError } from '../problem.ts';
import { nodeOf } from '../query.ts';
import type { Api } from './common.ts';
import { reportSources } from './targets.ts';

/** What the routes of one filing share. */

export const FilingId = z.object({
  id: z.string().min(1).max(160).openapi({ example: 'gov:monthly:2026-12' }),
});

export function filingSources(api: Api): FilingSources {
  const { deps } = api;
  return {
    ...reportSources(api),
    now: deps.now(),
    suspects: () => deps.journal.suspects(),
    filings: deps.catalogue.filings,
  };
}

/** @throws ProblemError 404 where it names no filing, or a node that is not there */
export function keyOf(deps: HttpDeps, id: string): FilingKey {
  const key = parseFilingId(id);
  if (!key) {
    throw new ProblemError(
      404,
      `${JSON.stringify(id)} is no filing; they are named like gov:monthly:2026-12`,
      [{ path: 'id', message: 'unknown' }],
    );
  }
  nodeOf(deps.estate(), key.node);
  return key;
}

/** @throws ProblemError 400 where the period has not begun */
export async function checksNow(sources: FilingSources, key: FilingKey): Promise<FiledCheck[]> {
  try {
    return await filingChecks(sources, key);
  } catch (error) {
    if (error instanceof RangeError) throw badField('id', error.message);
    throw error;
  }
}

/**
 * What was filed; null: nothing yet. What is stored and is not what was filed is named, for only who has the
 * backups can mend it.
 * @throws ProblemError 500
 */
export function filedOf(deps: HttpDeps, key: FilingKey): { filing: FrozenFiling; hash: string } | null {
  try {
    return frozenFiling(deps.catalogue.filings, key);
  } catch (error) {
    if (error instanceof TamperedFilingError) throw new ProblemError(500, error.message);
    throw error;
  }
}

/** @throws ProblemError 404 where nothing was submitted */
export function submittedOf(deps: HttpDeps, key: FilingKey): { filing: FrozenFiling; hash: string } {
  const filed = filedOf(deps, key);
  if (!filed) throw new ProblemError(404, `${filingId(key)} was not submitted yet`);
  return filed;
}
