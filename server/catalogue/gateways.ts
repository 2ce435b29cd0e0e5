import type { Gateway } from '../domain/meter.ts';
import type { Database } from './database.ts';

/** Every gateway, in the order in which they were created. */
export function readGateways(db: Database): Gateway[] {
  const rows = db.prepare('SELECT id, name, node FROM gateway ORDER BY no').all();
  return rows.map((row) => ({
    id: row.id as string,
    name: row.name as string,
    node: row.node as string | null,
  }));
}

/** Creates the gateway, or makes the one of that id equal to it. */
export function writeGateway(db: Database, gateway: Gateway): void {
  db.prepare(
    `INSERT INTO gateway (id, name, node) VALUES (?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, node = excluded.node`,
  ).run(gateway.id, gateway.name, gateway.node);
}
