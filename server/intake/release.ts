import type { Reading, Reason, Reject } from '../domain/reading.ts';
import type { QuarantineFilter, QuarantineRow } from '../journal/quarantine.ts';
import type { DecodeContext } from './decode.ts';
import type { ImportTarget } from './import.ts';
import { retry } from './retry.ts';
import { ownsReading } from './share.ts';

export interface RetryTarget
  extends Pick<ImportTarget, 'newSource' | 'outcome' | 'forgetOutcome' | 'drained'> {
  quarantine(filter: QuarantineFilter): QuarantineRow[];
  release(
    source: number,
    id: number,
    readings: readonly Reading[],
    rejects: readonly Reject[],
  ): Promise<number>;
  /** Hands readings of another part's meter to that part. @throws Error when that part may not get them */
  forward?(meter: string, readings: readonly Reading[]): Promise<void>;
}

export interface Retried {
  /** Items that were read again. */
  tried: number;
  /** Readings that came out of them and are in the time series now. */
  stored: number;
  duplicate: number;
  /** Items that are still in quarantine, or came back as conflicts. */
  quarantined: number;
}

/** Items read at once; each may hold a packet of 256 KiB. */
const PAGE = 100;

/**
 * Reads quarantined items again, newest first. What reads well now leaves quarantine in one commit with its
 * readings; an item that is still bad in part stays whole, so nothing is lost between.
 */
export async function retryQuarantine(
  filter: { reason?: Reason; ids?: number[]; meters?: readonly string[]; dueBy?: number },
  target: RetryTarget,
  context: () => DecodeContext,
): Promise<Retried> {
  const source = target.newSource();
  let tried = 0;
  let kept = 0;
  let before = Number.MAX_SAFE_INTEGER;
  try {
    for (;;) {
      const page = target.quarantine({ ...filter, before, limit: PAGE });
      for (const item of page) {
        before = item.id;
        tried++;
        const again = retry(item, context());
        if (again.rejects.length > 0) kept++;
        else await target.release(source, item.id, await ownOf(again.readings, target, context()), []);
      }
      if (page.length < PAGE) break;
    }
    await target.drained();
    const { stored, duplicate, conflict } = target.outcome(source);
    return { tried, stored, duplicate, quarantined: kept + conflict };
  } finally {
    target.forgetOutcome(source);
  }
}

/**
 * Readings that are this part's. A meter that was not known when its packet came may be of another part, which
 * gets them before they leave quarantine here: twice rather than never.
 */
async function ownOf(
  readings: readonly Reading[],
  target: RetryTarget,
  { part, estate }: DecodeContext,
): Promise<readonly Reading[]> {
  if (!part) return readings;
  const [own, others] = [[] as Reading[], [] as Reading[]];
  for (const reading of readings) (ownsReading(reading, part, estate) ? own : others).push(reading);
  for (const [no, group] of Map.groupBy(others, (r) => r.meter)) {
    const id = estate.meterByNo(no)?.id;
    if (id === undefined || !target.forward)
      throw new Error(`readings of meter ${id ?? no} are of another part`);
    await target.forward(id, group);
  }
  return own;
}
