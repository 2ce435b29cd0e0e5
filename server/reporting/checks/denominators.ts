import { attributeOf } from '../../conservation/attributes.ts';
import { likeSpans } from '../../conservation/compared-indicators.ts';
import { dateOf } from '../../domain/attribute.ts';
import { changeOf } from '../../domain/comparison.ts';
import type { Check } from './check.ts';
import { type Checked, isBeyond } from './sources.ts';

const ATTRIBUTES = [
  ['people_changed', 'people', 'people_change', 'p'],
  ['area_changed', 'floor_area_m2', 'area_change', 'm²'],
] as const;

/** People and floor area against the like month of last year. */
export function denominatorChecks({ sources, node, span, limit }: Checked): Check[] {
  const { estate, now } = sources;
  const { current, lastYear } = likeSpans(estate.zone, span, now);
  return ATTRIBUTES.flatMap(([kind, attribute, name, unit]): Check[] => {
    const value = attributeOf(estate, node, attribute, current).value;
    const before = attributeOf(estate, node, attribute, lastYear).value;
    const share = changeOf(value, before);
    const most = limit(name);
    if (!isBeyond(share, most)) return [];
    const against = dateOf(estate.zone, lastYear.from).slice(0, 7);
    return [
      {
        id: kind,
        kind,
        severity: 'must',
        what: { carrier: null, id: attribute, name: null, before, against },
        link: { view: 'settings', params: { node, part: 'attributes' } },
        figure: { value, unit, share, low: -most, high: most },
      },
    ];
  });
}
