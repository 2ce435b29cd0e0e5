/** Which rows of quotas somebody chose for a node: the setting `quotas`, of the node itself or of one above. */
import type { PolicyItem, PolicyList } from '../../../../server/http/schemas/policy.ts';
import { apiPath, getJson } from '../api/client.ts';
import { type Sent, send } from '../api/send.ts';
import type { EstateTree } from '../state/tree.ts';

const OWN = (node: string): string => `/policy/setting/${encodeURIComponent(`quotas:${node}`)}`;

/** @throws ApiError */
async function chosenFor(node: string, tree: EstateTree): Promise<{ values: string[]; own: boolean }> {
  const { items } = await getJson<PolicyList>(apiPath('/policy/setting'));
  const find = (id: string): string[] | undefined => {
    const item = items.find((i) => i.id === id);
    return item && (item.body.values as string[]);
  };
  const own = find(`quotas:${node}`);
  if (own) return { values: own, own: true };
  for (const above of tree.path(node).reverse()) {
    const values = find(`quotas:${above.id}`);
    if (values) return { values, own: false };
  }
  return { values: find('quotas') ?? [], own: false };
}

/**
 * Puts a row in the place of those of the same metric.
 * @param id null: none, so that the classification decides again
 * @param instead the rows of the metric
 * @throws ApiError where the settings cannot be read
 */
export async function chooseRow(
  node: string,
  tree: EstateTree,
  id: string | null,
  instead: readonly string[],
  by: string,
): Promise<Sent<PolicyItem | PolicyList>> {
  const chosen = await chosenFor(node, tree);
  const rest = chosen.values.filter((v) => !instead.includes(v));
  const values = id === null ? rest : [...rest, id];
  if (values.length === 0) return send('DELETE', OWN(node), undefined, { recorded_by: by });
  return send('PUT', OWN(node), { body: { name: 'quotas', node, values }, recorded_by: by });
}
