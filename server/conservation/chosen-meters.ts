import type { AnyMeter, Estate } from '../domain/estate.ts';
import type { Policy } from '../domain/policy.ts';
import type { SettingName } from '../domain/setting.ts';

/** Meters that a setting names, as far as they are at the node or below it. */
export function metersBy(estate: Estate, policy: Policy, node: string, name: SettingName): AnyMeter[] {
  const ids = policy.setting(estate, node, name)?.values ?? [];
  const inside = new Set(estate.subtree(node).map((n) => n.id));
  return ids.flatMap((id) => {
    const meter = estate.meter(id) ?? estate.virtual(id);
    return meter && inside.has(meter.node) ? [meter] : [];
  });
}

/** Meters at the node or below it that carry one of the codes or a code below it. */
export function metersOfItems(estate: Estate, node: string, items: readonly string[]): AnyMeter[] {
  const stems = items.map((item) => item.replace(/0+$/, ''));
  return [...estate.metersBelow(node), ...estate.virtualsBelow(node)].filter(
    ({ item }) => item !== null && stems.some((stem) => item.startsWith(stem)),
  );
}
