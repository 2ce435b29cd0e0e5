import { MICRO } from '../../domain/advance.ts';
import { quantityUnit } from '../../domain/consumption.ts';
import type { Estate } from '../../domain/estate.ts';
import type { Epoch as DomainEpoch, Meter } from '../../domain/meter.ts';
import type { Point } from '../../domain/register.ts';
import type { Revision as DomainRevision } from '../../domain/revision.ts';
import type { Amount } from '../../domain/rollup.ts';
import { HOUR_MS, type Zone } from '../../domain/time.ts';
import type { HttpDeps } from '../deps.ts';
import type { Revision } from '../schemas/ledger.ts';
import type { Ceiling, Epoch } from '../schemas/meters.ts';

/** The ledger's things as they cross the door, where several routes show them. */

export function epochShape(zone: Zone, e: DomainEpoch): Epoch {
  return {
    from: e.from === null ? null : zone.iso(e.from),
    to: e.to === null ? null : zone.iso(e.to),
    initial: e.initial,
    final: e.final,
    multiplier: e.multiplier,
    rollover_at: e.rolloverAt,
    max_rate: e.maxRate,
    continues: e.continues,
    note: e.note,
    recorded_by: e.recordedBy,
    recorded_at: e.recordedAt === null ? null : zone.iso(e.recordedAt),
  };
}

/** The ceiling in force in an epoch, given or learned; null: none is known. */
export function ceilingShape(zone: Zone, meter: Meter, epoch: DomainEpoch | null): Ceiling | null {
  const none = { learned_at: null, from: null, to: null, steps: null };
  if (epoch && epoch.maxRate !== null) return { rate: epoch.maxRate, source: 'given', ...none };
  const { learned } = meter;
  if (!learned || meter.register !== 'cumulative') return null;
  return {
    rate: learned.rate,
    source: 'learned',
    learned_at: zone.iso(learned.learnedAt),
    from: zone.iso(learned.from),
    to: zone.iso(learned.to),
    steps: learned.steps,
  };
}

/** An amount in the meter's unit; of a gauge the mean of the time covered. Null: nothing is known. */
export function quantityOf(meter: Meter, amount: Amount | null): number | null {
  if (!amount) return null;
  const sum = amount.measured + amount.recovered + amount.estimated;
  if (meter.register !== 'gauge') return sum / MICRO;
  return amount.coveredMs === 0 ? null : sum / MICRO / (amount.coveredMs / HOUR_MS);
}

/** @returns null when the catalogue knows the meter no more */
export function revisionShape(
  estate: Estate,
  changeOf: HttpDeps['catalogue']['changeOf'],
  r: DomainRevision,
): Revision | null {
  const { zone } = estate;
  const meter = estate.meterByNo(r.meter);
  if (!meter) return null;
  const change = r.catalogue === null ? null : changeOf(r.catalogue, meter.id);
  return {
    no: r.no,
    meter: meter.id,
    name: meter.name,
    node: meter.node,
    unit: quantityUnit(meter),
    at: zone.iso(r.at),
    causes: r.causes,
    change: change && { author: change.author, source: change.source, at: zone.iso(change.createdAt) },
    month: zone.iso(r.month),
    from: zone.iso(r.from),
    to: zone.iso(r.to),
    hours: r.hours,
    before: quantityOf(meter, r.before),
    after: quantityOf(meter, r.after),
  };
}

export function pointShape(zone: Zone, point: Point | null): { time: string; value: number } | null {
  return point && { time: zone.iso(point.time), value: point.value };
}
