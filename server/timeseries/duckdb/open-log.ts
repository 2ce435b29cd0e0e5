import { ByteReader, ByteWriter } from '../../domain/varint.ts';
import type { Columns, OpenRows } from './open-rows.ts';
import { ROLLUP_TABLES } from './tables.ts';

/*
 * How changes of open periods are written down: by meter, and of each row how far it has advanced. A reading
 * advances the hour, the day and the month by the same, so the second and third take a byte each: 12 bytes a
 * reading instead of 37.
 */

/** Of a meter: which of its rows follow (the lowest three bits), and whether its number is lower than the last. */
const LOWER_METER = 8;

/** Of a row: there is none any more. */
const GONE = 1;
/** It is the period that is known already, advanced. */
const KNOWN = 2;
/** It starts when the last row of its table did that was not known. */
const SAME_START = 4;
const EARLIER = 8;
/** It advanced as the row before it, of the same meter, did. */
const SAME_ADVANCE = 16;
const LESS_MEASURED = 32;
const LESS_COVERED = 64;
/** What is recovered and estimated follows, as it stands. */
const OTHER_KINDS = 128;

const NOTHING = { measured: 0, recovered: 0, estimated: 0, coveredMs: 0 };

/** Rows to be written down. */
export interface RowsToPack {
  slots: Iterable<number>;
  /** Bits of the tables whose row is written for the slot. */
  which(slot: number): number;
  /** Where that row is. */
  columnsOf(i: number, slot: number): Columns;
  meterAt(slot: number): number;
}

/**
 * @param known the rows as who reads this will know them; null: none
 * @throws RangeError when a number is no whole one
 */
export function packRows(rows: RowsToPack, known: OpenRows | null): Uint8Array {
  const out = new ByteWriter(4096);
  const starts = ROLLUP_TABLES.map(() => 0);
  let last = 0;
  for (const slot of rows.slots) {
    const which = rows.which(slot);
    const meter = rows.meterAt(slot);
    out.byte(which | (meter < last ? LOWER_METER : 0));
    out.whole(Math.abs(meter - last));
    last = meter;
    let [measuredBefore, coveredBefore] = [0, 0];
    for (let i = 0; i < ROLLUP_TABLES.length; i++) {
      if (!(which & (1 << i))) continue;
      const row = rows.columnsOf(i, slot);
      const start = row.start[slot] as number;
      if (Number.isNaN(start)) {
        out.byte(GONE);
        continue;
      }
      const base = known?.startAt(i, slot) === start ? (known.tables[i] as Columns) : null;
      let measured = (row.measured[slot] as number) - (base?.measured[slot] ?? 0);
      let covered = (row.coveredMs[slot] as number) - (base?.coveredMs[slot] ?? 0);
      // The distance may be longer than a number tells exactly.
      const isKnown = base !== null && Number.isSafeInteger(measured) && Number.isSafeInteger(covered);
      if (base && !isKnown) {
        measured = row.measured[slot] as number;
        covered = row.coveredMs[slot] as number;
      }
      const recovered = row.recovered[slot] as number;
      const estimated = row.estimated[slot] as number;
      const hasOther = isKnown
        ? recovered !== base.recovered[slot] || estimated !== base.estimated[slot]
        : recovered !== 0 || estimated !== 0;
      const isSame = measured === measuredBefore && covered === coveredBefore;
      const before = starts[i] as number;
      out.byte(
        (isKnown ? KNOWN : start === before ? SAME_START : start < before ? EARLIER : 0) |
          (isSame ? SAME_ADVANCE : 0) |
          (measured < 0 ? LESS_MEASURED : 0) |
          (covered < 0 ? LESS_COVERED : 0) |
          (hasOther ? OTHER_KINDS : 0),
      );
      if (!isKnown) {
        if (start !== before) out.whole(Math.abs(start - before));
        starts[i] = start;
      }
      if (!isSame) {
        out.whole(Math.abs(measured));
        out.whole(Math.abs(covered));
      }
      if (hasOther) {
        out.byte((recovered < 0 ? 1 : 0) | (estimated < 0 ? 2 : 0));
        out.whole(Math.abs(recovered));
        out.whole(Math.abs(estimated));
      }
      measuredBefore = measured;
      coveredBefore = covered;
    }
  }
  return out.bytes();
}

/**
 * Carries out what `packRows` wrote.
 * @throws Error when the bytes are damaged or change what is not known
 */
export function applyChanges(bytes: Uint8Array, rows: OpenRows): void {
  const from = new ByteReader(bytes);
  const starts = ROLLUP_TABLES.map(() => 0);
  let meter = 0;
  while (!from.done) {
    const which = from.byte();
    const distance = from.whole();
    meter += which & LOWER_METER ? -distance : distance;
    const slot = rows.slotOf(meter);
    let [measured, covered] = [0, 0];
    for (const [i, table] of ROLLUP_TABLES.entries()) {
      if (!(which & (1 << i))) continue;
      const head = from.byte();
      if (head & GONE) {
        rows.set(i, slot, null);
        continue;
      }
      const known = head & KNOWN ? rows.at(i, meter) : undefined;
      if (head & KNOWN && !known) throw new Error(`open periods: meter ${meter} has none in ${table}`);
      let start = known?.start ?? (starts[i] as number);
      if (!known) {
        if (!(head & SAME_START)) start += (head & EARLIER ? -1 : 1) * from.whole();
        starts[i] = start;
      }
      if (!(head & SAME_ADVANCE)) {
        measured = from.whole() * (head & LESS_MEASURED ? -1 : 1);
        covered = from.whole() * (head & LESS_COVERED ? -1 : 1);
      }
      const base = known ?? NOTHING;
      let { recovered, estimated } = base;
      if (head & OTHER_KINDS) {
        const signs = from.byte();
        recovered = from.whole() * (signs & 1 ? -1 : 1);
        estimated = from.whole() * (signs & 2 ? -1 : 1);
      }
      rows.set(i, slot, {
        meter,
        start,
        measured: base.measured + measured,
        recovered,
        estimated,
        coveredMs: base.coveredMs + covered,
      });
    }
  }
}
