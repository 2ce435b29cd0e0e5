import type { Carrier, VirtualMeter } from '../domain/meter.ts';
import type { Database } from './database.ts';

/** Every virtual meter, in the order in which they were created. */
export function readVirtuals(db: Database): VirtualMeter[] {
  const rows = db
    .prepare('SELECT id, name, node, carrier, item, parent, plus, minus FROM virtual_meter ORDER BY no')
    .all();
  return rows.map((row) => ({
    id: row.id as string,
    name: row.name as string,
    node: row.node as string,
    carrier: row.carrier as Carrier,
    item: row.item as string | null,
    parent: row.parent as string | null,
    plus: JSON.parse(row.plus as string) as string[],
    minus: JSON.parse(row.minus as string) as string[],
  }));
}

/** Creates the virtual meter, or makes the one of that id equal to it. */
export function writeVirtual(db: Database, v: VirtualMeter): void {
  db.prepare(
    `INSERT INTO virtual_meter (id, name, node, carrier, item, parent, plus, minus)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, node = excluded.node, carrier = excluded.carrier,
       item = excluded.item, parent = excluded.parent, plus = excluded.plus, minus = excluded.minus`,
  ).run(v.id, v.name, v.node, v.carrier, v.item, v.parent, JSON.stringify(v.plus), JSON.stringify(v.minus));
}
