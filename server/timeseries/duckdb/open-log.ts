import { ByteReader, ByteWriter } from '../../domain/varint.ts';
import type { Rollup } from '../port.ts';
import type { OpenRows } from './open-rows.ts';
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

/** The changed rows of a meter, one for each table: null where it has none any more, undefined where it is as it was. */
export type ChangedRows = readonly (Rollup | null | undefined)[];

/**
 * @param changed by meter
 * @param known the rows as who reads this will know them; null: none
 * @throws RangeError when a number is no whole one
 */
export function packChanges(
  changed: Iterable<readonly [meter: number, rows: ChangedRows]>,
  known: OpenRows | null,
): Uint8Array {
  const out = new ByteWriter(4096);
  const starts = ROLLUP_TABLES.map(() => 0);
  let last = 0;
  for (const [meter, rows] of changed) {
    let which = meter < last ? LOWER_METER : 0;
    for (let i = 0; i < rows.length; i++) if (rows[i] !== undefined) which |= 1 << i;
    out.byte(which);
    out.whole(Math.abs(meter - last));
    last = meter;
    const slot = known?.find(meter) ?? -1;
    let [measuredBefore, coveredBefore] = [0, 0];
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (row === undefined) continue;
      if (row === null) {
        out.byte(GONE);
        continue;
      }
      const table = ROLLUP_TABLES[i] as (typeof ROLLUP_TABLES)[number];
      const same = known !== null && known.startAt(table, slot) === row.start;
      const base = (same && fitting(row, known.at(table, slot))) || null;
      const { measured, recovered, estimated, coveredMs } = base ?? NOTHING;
      const advance = row.measured - measured;
      const covered = row.coveredMs - coveredMs;
      const isSame = advance === measuredBefore && covered === coveredBefore;
      const hasOther = row.recovered !== recovered || row.estimated !== estimated;
      const start = starts[i] as number;
      out.byte(
        (base ? KNOWN : row.start === start ? SAME_START : row.start < start ? EARLIER : 0) |
          (isSame ? SAME_ADVANCE : 0) |
          (advance < 0 ? LESS_MEASURED : 0) |
          (covered < 0 ? LESS_COVERED : 0) |
          (hasOther ? OTHER_KINDS : 0),
      );
      if (!base) {
        if (row.start !== start) out.whole(Math.abs(row.start - start));
        starts[i] = row.start;
      }
      if (!isSame) {
        out.whole(Math.abs(advance));
        out.whole(Math.abs(covered));
      }
      if (hasOther) {
        out.byte((row.recovered < 0 ? 1 : 0) | (row.estimated < 0 ? 2 : 0));
        out.whole(Math.abs(row.recovered));
        out.whole(Math.abs(row.estimated));
      }
      measuredBefore = advance;
      coveredBefore = covered;
    }
  }
  return out.bytes();
}

/** The known row where the distance to it is a number that can be written. */
function fitting(row: Rollup, known: Rollup | undefined): Rollup | undefined {
  if (!known) return undefined;
  const fits =
    Number.isSafeInteger(row.measured - known.measured) &&
    Number.isSafeInteger(row.coveredMs - known.coveredMs);
  return fits ? known : undefined;
}

/**
 * Carries out what `packChanges` wrote.
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
        rows.set(table, slot, null);
        continue;
      }
      const known = head & KNOWN ? rows.at(table, slot) : undefined;
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
      rows.set(table, slot, {
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
