import type { Classification } from '../domain/classification.ts';
import type { DatedValue, Node, NodeKind } from '../domain/meter.ts';
import type { Database } from './database.ts';

/** Who writes something down, and when, epoch ms. */
export interface Stamp {
  author: string;
  at: number;
}

/** Who wrote down a value of an attribute, and when; null: it was there before that was kept. */
export interface ValueRecord extends DatedValue {
  name: string;
  author: string | null;
  recordedAt: number | null;
}

/** Without a prototype, so that an attribute called `constructor` is one like any other. */
export function noAttributes(): Record<string, DatedValue[]> {
  return Object.create(null) as Record<string, DatedValue[]>;
}

/** Every node with its attributes, in the order in which they were created. */
export function readNodes(db: Database): Node[] {
  const nodes: Node[] = [];
  const attributes = new Map<number, Record<string, DatedValue[]>>();
  for (const row of db
    .prepare('SELECT no, id, name, kind, parent, classification FROM node ORDER BY no')
    .all()) {
    const own = noAttributes();
    attributes.set(row.no as number, own);
    const classification = row.classification as string | null;
    nodes.push({
      id: row.id as string,
      name: row.name as string,
      kind: row.kind as NodeKind,
      parent: row.parent as string | null,
      attributes: own,
      ...(classification && { classification: JSON.parse(classification) as Classification }),
    });
  }
  const dated = db.prepare(
    'SELECT node, name, valid_from, value, source FROM node_attribute ORDER BY node, name, valid_from',
  );
  for (const row of dated.all()) {
    const own = attributes.get(row.node as number) as Record<string, DatedValue[]>;
    const name = row.name as string;
    own[name] ??= [];
    own[name].push(datedValue(row));
  }
  return nodes;
}

/** The values of a node's attributes with who wrote them down, in order of name and date. */
export function readValueRecords(db: Database, node: string): ValueRecord[] {
  const rows = db
    .prepare(
      `SELECT a.name, a.valid_from, a.value, a.source, a.author, a.recorded_at
       FROM node_attribute a JOIN node n ON n.no = a.node WHERE n.id = ? ORDER BY a.name, a.valid_from`,
    )
    .all(node);
  return rows.map((row) => ({
    ...datedValue(row),
    name: row.name as string,
    author: row.author as string | null,
    recordedAt: row.recorded_at as number | null,
  }));
}

function datedValue(row: Record<string, unknown>): DatedValue {
  const source = row.source as string | null;
  return { from: row.valid_from as string, value: row.value as number, ...(source && { source }) };
}

/**
 * Creates the node, or makes the one of that id equal to it. Values that were there before keep who wrote
 * them down.
 */
export function writeNode(db: Database, node: Node, stamp: Stamp): void {
  const row = db
    .prepare(
      `INSERT INTO node (id, name, kind, parent, classification) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, parent = excluded.parent,
         classification = excluded.classification
       RETURNING no`,
    )
    .get(
      node.id,
      node.name,
      node.kind,
      node.parent,
      node.classification ? JSON.stringify(node.classification) : null,
    );
  const no = row?.no as number;
  const known = new Map(readValueRecords(db, node.id).map((v) => [`${v.name} ${v.from}`, v]));
  db.prepare('DELETE FROM node_attribute WHERE node = ?').run(no);
  const insert = db.prepare(
    `INSERT INTO node_attribute (node, name, valid_from, value, source, author, recorded_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const [name, values] of Object.entries(node.attributes)) {
    for (const v of values) {
      const before = known.get(`${name} ${v.from}`);
      const kept = before && before.value === v.value && before.source === v.source;
      const [author, at] = kept ? [before.author, before.recordedAt] : [stamp.author, stamp.at];
      insert.run(no, name, v.from, v.value, v.source ?? null, author, at);
    }
  }
}
