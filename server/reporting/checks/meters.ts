import { balanceOf } from '../../conservation/balance.ts';
import { advanceMicro, MICRO } from '../../domain/advance.ts';
import { dateOf } from '../../domain/attribute.ts';
import { quantityUnit } from '../../domain/consumption.ts';
import { epochAt } from '../../domain/meter.ts';
import type { Check } from './check.ts';
import type { Checked } from './sources.ts';

/** Sub-meters that show more than their main. */
export async function balanceChecks({ sources, node, month, past, limit }: Checked): Promise<Check[]> {
  const { estate, timeseries, now } = sources;
  const mains = estate
    .metersBelow(node)
    .filter((m) => m.register !== 'gauge' && estate.downstream(m.id).length > 0);
  const carriers = [...new Set(mains.map((m) => m.carrier))];
  const most = limit('balance');
  const out: Check[] = [];
  for (const carrier of carriers) {
    const found = await balanceOf(timeseries, estate, node, carrier, past, 1, now);
    for (const main of found?.mains ?? []) {
      if (main.state !== 'negative' || main.below === null || main.gap === null) continue;
      const share = main.share === null ? null : -main.share;
      if (share !== null && share <= most) continue;
      out.push({
        id: `submeters_above_main:${main.meter.id}`,
        kind: 'submeters_above_main',
        severity: 'must',
        what: {
          carrier,
          id: main.meter.id,
          name: main.meter.name,
          before: main.quantity,
          against: null,
        },
        link: { view: 'balance', params: { node, carrier, period: month } },
        figure: { value: main.below, unit: found?.unit ?? '', share, low: null, high: most },
      });
    }
  }
  return out;
}

/** Steps of registers in the month across which nothing is counted until somebody says what happened. */
export function exchangeChecks({ sources, node, month, past }: Checked): Check[] {
  const { estate } = sources;
  const here = new Set(estate.metersBelow(node).map((m) => m.no));
  return sources.suspects().flatMap((s): Check[] => {
    const meter = estate.meterByNo(s.meter);
    if (!meter || !here.has(s.meter) || s.time < past.from || s.previousTime >= past.to) return [];
    const epoch = epochAt(meter, s.time);
    const micro =
      epoch && advanceMicro({ ...epoch, maxRate: null }, s.previousValue, s.value, s.time - s.previousTime);
    return [
      {
        id: `suspected_exchange:${meter.id}:${s.time}`,
        kind: 'suspected_exchange',
        severity: 'must',
        what: {
          carrier: meter.carrier,
          id: meter.id,
          name: meter.name,
          before: null,
          against: dateOf(estate.zone, s.time),
        },
        link: { view: 'meter', params: { meter: meter.id, node: meter.node, period: month } },
        // What the step would be worth if it were believed.
        figure: {
          value: micro === null ? null : micro / MICRO,
          unit: quantityUnit(meter),
          share: null,
          low: null,
          high: null,
        },
      },
    ];
  });
}
