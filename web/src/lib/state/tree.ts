import type { NodeInfo, Tree } from '../../../../server/http/schemas/estate.ts';

/** The estate's nodes with the look-ups that the pages need. */
export class EstateTree {
  readonly nodes: readonly NodeInfo[];
  readonly roots: readonly NodeInfo[];
  readonly #byId: Map<string, NodeInfo>;
  readonly #children = new Map<string, NodeInfo[]>();

  constructor(tree: Tree) {
    this.nodes = tree.nodes;
    this.#byId = new Map(tree.nodes.map((n) => [n.id, n]));
    this.roots = tree.nodes.filter((n) => n.parent === null);
    for (const node of tree.nodes) {
      if (node.parent === null) continue;
      const list = this.#children.get(node.parent);
      if (list) list.push(node);
      else this.#children.set(node.parent, [node]);
    }
  }

  node(id: string): NodeInfo | undefined {
    return this.#byId.get(id);
  }

  /** The node's name, or its id where the estate no longer knows it. */
  name(id: string): string {
    return this.#byId.get(id)?.name ?? id;
  }

  /** Where a visit begins: the highest node that has more than one below it. */
  landing(): NodeInfo | undefined {
    let node = this.roots[0];
    while (node && this.children(node.id).length === 1) node = this.children(node.id)[0];
    return node;
  }

  children(id: string): readonly NodeInfo[] {
    return this.#children.get(id) ?? [];
  }

  /** From the root down to the node itself. */
  path(id: string): NodeInfo[] {
    const out: NodeInfo[] = [];
    let node = this.#byId.get(id);
    while (node) {
      out.unshift(node);
      node = node.parent === null ? undefined : this.#byId.get(node.parent);
    }
    return out;
  }
}

/** A node as a line of the drawn tree. */
export interface TreeRow {
  node: NodeInfo;
  level: number;
  /** null: has nothing below it. */
  open: boolean | null;
}

/** The lines to draw: what is open, or, while searching, what matches and what stands above it. */
export function treeRows(tree: EstateTree, open: ReadonlySet<string>, search: string): TreeRow[] {
  const wanted = search.trim().toLowerCase();
  const shown = new Set<string>();
  if (wanted) {
    for (const node of tree.nodes) {
      if (!node.name.toLowerCase().includes(wanted) && !node.id.toLowerCase().includes(wanted)) continue;
      for (const above of tree.path(node.id)) shown.add(above.id);
    }
  }
  const rows: TreeRow[] = [];
  const walk = (nodes: readonly NodeInfo[], level: number): void => {
    for (const node of nodes) {
      if (wanted && !shown.has(node.id)) continue;
      const below = tree.children(node.id);
      const isOpen = wanted ? below.some((n) => shown.has(n.id)) : open.has(node.id);
      rows.push({ node, level, open: below.length === 0 ? null : isOpen });
      if (isOpen) walk(below, level + 1);
    }
  };
  walk(tree.roots, 1);
  return rows;
}
