import { isDeepStrictEqual } from 'node:util';
import { type Classification, UNCLASSIFIED } from '../domain/classification.ts';
import type { Node } from '../domain/meter.ts';
import type { LogChange } from './changes.ts';
import type { Database } from './database.ts';
import { Issues } from './estate-document.ts';
import { checkAttributeName, readClassification, readDatedValues } from './estate-file.ts';
import { type Stamp, writeNode } from './nodes.ts';

/** What of a node changes by itself, beside the estate file. */
export type NodePart =
  | { attribute: string; values: unknown }
  /** What it does not name stays. */
  | { classification: Partial<Classification> };

/** Changes a part of a node. @throws EstateFileError with every mistake, e.g. at `values[1].from` */
export function writeNodePart(db: Database, node: Node, part: NodePart, stamp: Stamp, log: LogChange): void {
  const issues = new Issues();
  const after =
    'attribute' in part ? withAttribute(node, part, issues) : withClassification(node, part, issues);
  issues.throwIfAny({ value: null, locate: () => null });
  if (isDeepStrictEqual({ ...node.attributes }, { ...after.attributes })) {
    if (isDeepStrictEqual(node.classification, after.classification)) return;
  }
  writeNode(db, after, stamp);
  log({ kind: 'node', id: node.id, before: node, after, recompute: false });
}

function withAttribute(node: Node, part: { attribute: string; values: unknown }, issues: Issues): Node {
  const name = part.attribute;
  checkAttributeName(name, ['name'], issues);
  const values = readDatedValues(name, part.values, ['values'], issues);
  const { [name]: _, ...others } = node.attributes;
  return { ...node, attributes: values.length > 0 ? { ...others, [name]: values } : others };
}

function withClassification(
  node: Node,
  part: { classification: Partial<Classification> },
  issues: Issues,
): Node {
  const { classification: known, ...rest } = node;
  const said = { ...(known ?? UNCLASSIFIED), ...part.classification };
  const classification = readClassification(said, [], issues);
  return { ...rest, ...(classification && { classification }) };
}
