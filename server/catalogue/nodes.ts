import type { DatabaseSync } from 'node:sqlite';
import type { DatedValue, Node, NodeKind } from '../domain/meter.ts';

/** Without a prototype, so that an attribute called `constructor` is one like any other. */
export function noAttributes(): Record<string, DatedValue[]> {
  return Object.create(null) as Record<string, DatedValue[]>;
}

/** Every node with its attributes, in the order in which they were created. */
export function readNodes(db: DatabaseSync): Node[] {
  const nodes: Node[] = [];
  const attributes = new Map<number, Record<string, DatedValue[]>>();
  for (const row of db.prepare('SELECT no, id, name, kind, parent FROM node ORDER BY no').all()) {
    const own = noAttributes();
    attributes.set(row.no as number, own);
    nodes.push({
      id: row.id as string,
      name: row.name as string,
      kind: row.kind as NodeKind,
      parent: row.parent as string | null,
      attributes: own,
    });
  }
  const dated = db.prepare(
    'SELECT node, name, valid_from, value FROM node_attribute ORDER BY node, name, valid_from',
  );
  for (const row of dated.all()) {
    const own = attributes.get(row.node as number) as Record<string, DatedValue[]>;
    const name = row.name as string;
    own[name] ??= [];
    own[name].push({ from: row.valid_from as string, value: row.value as number });
  }
  return nodes;
}

/** Creates the node, or makes the one of that id equal to it. */
export function writeNode(db: DatabaseSync, node: Node): void {
  const row = db
    .prepare(
      `INSERT INTO node (id, name, kind, parent) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, parent = excluded.parent
       RETURNING no`,
    )
    .get(node.id, node.name, node.kind, node.parent);
  const no = row?.no as number;
  db.prepare('DELETE FROM node_attribute WHERE node = ?').run(no);
  const insert = db.prepare('INSERT INTO node_attribute (node, name, valid_from, value) VALUES (?, ?, ?, ?)');
  for (const [name, values] of Object.entries(node.attributes)) {
    for (const v of values) insert.run(no, name, v.from, v.value);
  }
}
