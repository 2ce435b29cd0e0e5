import { type EstateTree, treeRows } from '../state/tree.ts';

/** Every node as a choice, what is below another one set in. */
export function nodeOptions(tree: EstateTree | null): { value: string; label: string }[] {
  if (!tree) return [];
  const open = new Set(tree.nodes.map((n) => n.id));
  return treeRows(tree, open, '').map(({ node, level }) => ({
    value: node.id,
    label: `${'\u3000'.repeat(level - 1)}${node.name}`,
  }));
}
