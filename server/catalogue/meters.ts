import type { Carrier, Direction, Epoch, IntervalLabel, Meter, RegisterKind } from '../domain/meter.ts';
import { readCeilings } from './ceilings.ts';
import type { Database } from './database.ts';
import type { MeterEntry } from './meter-entry.ts';
import { readStanding } from './statements.ts';

/** Every meter with its epochs and what stands about it, in the order in which they were created. */
export function readMeters(db: Database): Meter[] {
  const epochs = new Map<number, Epoch[]>();
  const epochRows = db.prepare(
    `SELECT meter, from_ms, initial, final, multiplier, rollover_at, max_rate, continues, note,
       recorded_by, recorded_at
     FROM meter_epoch ORDER BY meter, seq`,
  );
  for (const row of epochRows.all()) {
    const meter = row.meter as number;
    const epoch: Epoch = {
      from: row.from_ms as number | null,
      to: null,
      initial: row.initial as number | null,
      final: row.final as number | null,
      multiplier: row.multiplier as number,
      rolloverAt: row.rollover_at as number | null,
      maxRate: row.max_rate as number | null,
      continues: row.continues === 1,
      note: row.note as string | null,
      recordedBy: row.recorded_by as string | null,
      recordedAt: row.recorded_at as number | null,
    };
    const list = epochs.get(meter);
    const before = list?.at(-1);
    // An epoch ends where the next one begins: the bound is kept once.
    if (before) before.to = epoch.from;
    if (list) list.push(epoch);
    else epochs.set(meter, [epoch]);
  }
  const learned = readCeilings(db);
  const standing = readStanding(db);
  const meterRows = db.prepare(
    `SELECT no, id, name, node, carrier, item, coalesce(parent, virtual_parent) AS parent, register, unit,
       interval_s, interval_label, address, direction, volatile
     FROM meter ORDER BY no`,
  );
  return meterRows.all().map((row) => ({
    no: row.no as number,
    id: row.id as string,
    name: row.name as string,
    node: row.node as string,
    carrier: row.carrier as Carrier,
    item: row.item as string | null,
    parent: row.parent as string | null,
    register: row.register as RegisterKind,
    unit: row.unit as string,
    intervalS: row.interval_s as number,
    intervalLabel: row.interval_label as IntervalLabel,
    address: row.address as string | null,
    direction: row.direction as Direction,
    volatile: row.volatile === 1,
    learned: learned.get(row.no as number) ?? null,
    ...(standing.get(row.no as number) ?? { manual: [], estimates: [] }),
    epochs: epochs.get(row.no as number) ?? [],
  }));
}

/**
 * Creates the meter under a `no` that was never used before, or makes the one of that id equal to it. Nothing
 * is asked meanwhile: with a store over the network each question costs a round trip.
 * @param known whether a meter of that id is there
 * @param virtual whether the meter upstream of it is a virtual one, which is there already
 */
export function writeMeter(db: Database, m: MeterEntry, is: { known: boolean; virtual: boolean }): void {
  const columns = {
    name: m.name,
    node: m.node,
    carrier: m.carrier,
    item: m.item,
    parent: is.virtual ? null : m.parent,
    virtual_parent: is.virtual ? m.parent : null,
    register: m.register,
    unit: m.unit,
    interval_s: m.intervalS,
    interval_label: m.intervalLabel,
    address: m.address,
    direction: m.direction,
    volatile: m.volatile ? 1 : 0,
  };
  const names = Object.keys(columns);
  // Not an upsert: that would use up a number each time.
  const sql = is.known
    ? `UPDATE meter SET ${names.map((n) => `${n} = ?`).join(', ')} WHERE id = ?`
    : `INSERT INTO meter (${names.join(', ')}, id) VALUES (${names.map(() => '?').join(', ')}, ?)`;
  db.prepare(sql).run(...Object.values(columns), m.id);
  if (is.known) writeEpochs(db, m);
  else addEpochs(db, m);
}

/** Makes the epochs of the meter of that id equal to these. */
export function writeEpochs(db: Database, m: Pick<MeterEntry, 'id' | 'epochs'>): void {
  db.prepare('DELETE FROM meter_epoch WHERE meter = (SELECT no FROM meter WHERE id = ?)').run(m.id);
  addEpochs(db, m);
}

function addEpochs(db: Database, m: Pick<MeterEntry, 'id' | 'epochs'>): void {
  const insert = db.prepare(
    `INSERT INTO meter_epoch (meter, seq, from_ms, initial, final, multiplier, rollover_at, max_rate,
       continues, note, recorded_by, recorded_at)
     VALUES ((SELECT no FROM meter WHERE id = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const [seq, e] of m.epochs.entries()) {
    insert.run(
      m.id,
      seq,
      e.from,
      e.initial,
      e.final,
      e.multiplier,
      e.rolloverAt,
      e.maxRate,
      e.continues ? 1 : 0,
      e.note,
      e.recordedBy,
      e.recordedAt,
    );
  }
}
