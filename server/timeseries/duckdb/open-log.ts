import { ByteReader, ByteWriter } from '../../domain/varint.ts';
import type { Rollup } from '../port.ts';
import { ROLLUP_TABLES, type RollupTable } from './tables.ts';

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

/**
 * @param rowsOf the changed rows of a table by meter; null: it has none any more
 * @param knownOf the row as who reads this will know it
 */
export function packChanges(
  rowsOf: (table: RollupTable) => ReadonlyMap<number, Rollup | null>,
  knownOf: (table: RollupTable, meter: number) => Rollup | undefined,
): Uint8Array {
  const out = new ByteWriter(4096);
  const tables = ROLLUP_TABLES.map((table) => ({ table, rows: rowsOf(table), start: 0 }));
  const meters = new Set(tables.flatMap(({ rows }) => [...rows.keys()]));
  let last = 0;
  for (const meter of meters) {
    let which = meter < last ? LOWER_METER : 0;
    for (const [i, { rows }] of tables.entries()) if (rows.has(meter)) which |= 1 << i;
    out.byte(which);
    out.whole(Math.abs(meter - last));
    last = meter;
    let before = { measured: 0, covered: 0 };
    for (const of of tables) {
      const row = of.rows.get(meter);
      if (row === undefined) continue;
      if (row === null) {
        out.byte(GONE);
        continue;
      }
      const known = baseOf(row, knownOf(of.table, meter));
      const base = known ?? NOTHING;
      const advance = { measured: row.measured - base.measured, covered: row.coveredMs - base.coveredMs };
      const isSame = advance.measured === before.measured && advance.covered === before.covered;
      const hasOther = row.recovered !== base.recovered || row.estimated !== base.estimated;
      out.byte(
        (known ? KNOWN : row.start === of.start ? SAME_START : row.start < of.start ? EARLIER : 0) |
          (isSame ? SAME_ADVANCE : 0) |
          (advance.measured < 0 ? LESS_MEASURED : 0) |
          (advance.covered < 0 ? LESS_COVERED : 0) |
          (hasOther ? OTHER_KINDS : 0),
      );
      if (!known) {
        if (row.start !== of.start) out.whole(Math.abs(row.start - of.start));
        of.start = row.start;
      }
      if (!isSame) {
        out.whole(Math.abs(advance.measured));
        out.whole(Math.abs(advance.covered));
      }
      if (hasOther) {
        out.byte((row.recovered < 0 ? 1 : 0) | (row.estimated < 0 ? 2 : 0));
        out.whole(Math.abs(row.recovered));
        out.whole(Math.abs(row.estimated));
      }
      before = advance;
    }
  }
  return out.bytes();
}

/** The known row where it is the same period and the distance to it is a number that can be written. */
function baseOf(row: Rollup, known: Rollup | undefined): Rollup | null {
  if (known?.start !== row.start) return null;
  const fits =
    Number.isSafeInteger(row.measured - known.measured) &&
    Number.isSafeInteger(row.coveredMs - known.coveredMs);
  return fits ? known : null;
}

/**
 * Carries out what `packChanges` wrote.
 * @throws Error when the bytes are damaged or change what is not known
 */
export function applyChanges(bytes: Uint8Array, levels: Record<RollupTable, Map<number, Rollup>>): void {
  const from = new ByteReader(bytes);
  const starts = ROLLUP_TABLES.map(() => 0);
  let meter = 0;
  while (!from.done) {
    const which = from.byte();
    const distance = from.whole();
    meter += which & LOWER_METER ? -distance : distance;
    let [measured, covered] = [0, 0];
    for (const [i, table] of ROLLUP_TABLES.entries()) {
      if (!(which & (1 << i))) continue;
      const head = from.byte();
      if (head & GONE) {
        levels[table].delete(meter);
        continue;
      }
      const known = head & KNOWN ? levels[table].get(meter) : undefined;
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
      levels[table].set(meter, {
        meter,
        start,
        measured: base.measured + measured,
        // One zero, whatever it was made of.
        recovered: recovered + 0,
        estimated: estimated + 0,
        coveredMs: base.coveredMs + covered,
      });
    }
  }
}
