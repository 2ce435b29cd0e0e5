import { addsUp, meanOver } from '../domain/attribute.ts';
import type { Estate } from '../domain/estate.ts';
import type { Lack } from '../domain/indicator.ts';
import type { Node } from '../domain/meter.ts';
import type { Span } from './spans.ts';

/** An attribute of a node over a period. */
export interface AttributeOf {
  /** Time-weighted; null: not set. */
  value: number | null;
  /** Share of the period in which it is set, of all nodes that it is the sum of. */
  set: number;
  /** The node itself, the sum of the nodes below it, or nowhere. */
  from: 'own' | 'below' | 'nowhere';
  lacks: Lack[];
}

/**
 * What an attribute of a node was in a period: its own value, or that of a region or an institution without
 * one the sum of what stands below it. A part below it that has meters and no value makes the sum unknown, for
 * its consumption would be counted and its area not.
 */
export function attributeOf(estate: Estate, node: string, name: string, span: Span): AttributeOf {
  const of = estate.node(node);
  const own = of?.attributes[name];
  if (own && own.length > 0) {
    const { value, set } = meanOver(own, estate.zone, span.from, span.to);
    const lacks: Lack[] = [];
    if (value === null) lacks.push({ reason: 'no_attribute', what: name });
    else if (set < 1) lacks.push({ reason: 'partly_set', what: name });
    return { value, set, from: 'own', lacks };
  }
  const parts =
    of && addsUp(name) && isSum(of) ? estate.children(node).filter((n) => counts(estate, n, name)) : [];
  const found = parts.map((part) => ({ part, ...attributeOf(estate, part.id, name, span) }));
  // An institution of whose buildings none has one is told to have none itself: there it is to be set.
  const none = found.every((f) => f.from === 'nowhere');
  if (parts.length === 0 || (of?.kind === 'institution' && none)) {
    return { value: null, set: 0, from: 'nowhere', lacks: [{ reason: 'no_attribute', what: name }] };
  }
  let value: number | null = 0;
  let set = 0;
  const lacks: Lack[] = [];
  for (const { part, ...below } of found) {
    value = value === null || below.value === null ? null : value + below.value;
    set += below.set / parts.length;
    // One place to mend at a time is enough to be told of.
    const [lack] = below.lacks;
    if (lack && lacks.length < 3) lacks.push({ node: part.id, ...lack });
  }
  return { value, set, from: 'below', lacks };
}

function isSum({ kind }: Node): boolean {
  return kind === 'region' || kind === 'institution';
}

/** What stands below adds to the sum, unless nothing is counted there and no value says otherwise. */
function counts(estate: Estate, node: Node, name: string): boolean {
  return (
    estate.metersBelow(node.id).some((m) => m.register !== 'gauge') ||
    estate.subtree(node.id).some((n) => n.attributes[name]?.length)
  );
}
