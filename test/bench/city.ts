import { Readable } from 'node:stream';
import { DAY_MS } from '../../server/domain/time.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import type { Row } from './report.ts';
import { drained, percentile, residentMb, temporary } from './run.ts';

const CARRIERS = [
  { carrier: 'electricity', unit: 'kWh', perDay: 900 },
  { carrier: 'gas', unit: 'm³', perDay: 60 },
  { carrier: 'water', unit: 'm³', perDay: 25 },
];
const MONTHS = 36;
const REPEATS = 30;
const WANTED = '< 100 ms';

/** A city of organs, each with its three mains, and the weather. */
export function estateOf(institutions: number): object {
  const ids = Array.from({ length: institutions }, (_, i) => `o${i}`);
  return {
    version: 1,
    timezone: 'Asia/Shanghai',
    nodes: [
      { id: 'city', name: 'city', kind: 'region', classification: { zone: 'cold_a', region: '370600' } },
      ...ids.map((id, i) => ({
        id,
        name: id,
        kind: 'institution',
        parent: 'city',
        classification: { type: 'organ', level: 'city' },
        attributes: {
          floor_area_m2: [{ from: '2020-01-01', value: 3000 + 17 * i }],
          people: [{ from: '2020-01-01', value: 60 + (i % 90) }],
        },
      })),
    ],
    meters: [
      ...ids.flatMap((id) =>
        CARRIERS.map(({ carrier, unit }) => ({
          id: `${id}-${carrier}`,
          name: id,
          node: id,
          carrier,
          unit,
          interval_s: 86_400,
        })),
      ),
      {
        id: 'air',
        name: 'air',
        node: 'city',
        carrier: 'outdoor_temperature',
        register: 'gauge',
        unit: '°C',
        interval_s: 86_400,
      },
    ],
  };
}

/** A reading of every register each midnight, with seasons, and the temperature. */
export async function* readings(institutions: number, from: number, to: number): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const registers = new Float64Array(institutions * CARRIERS.length);
  let chunk = 'meter,time,value\n';
  for (let at = from; at <= to; at += DAY_MS) {
    const season = Math.cos((2 * Math.PI * (at / DAY_MS - 20)) / 365.25);
    chunk += `air,${at},${(16 - 13 * season).toFixed(1)}\n`;
    for (let i = 0; i < registers.length; i++) {
      const { carrier, perDay } = CARRIERS[i % CARRIERS.length] as (typeof CARRIERS)[number];
      chunk += `o${Math.floor(i / CARRIERS.length)}-${carrier},${at},${(registers[i] as number).toFixed(2)}\n`;
      const wobble = ((i * 7919 + at / DAY_MS) % 97) / 97;
      registers[i] = (registers[i] as number) + perDay * (0.8 + 0.3 * season + 0.2 * wobble);
      if (chunk.length > 65_536) {
        yield encoder.encode(chunk);
        chunk = '';
      }
    }
  }
  yield encoder.encode(chunk);
}

export async function send(
  server: RunningServer,
  method: string,
  path: string,
  body?: object,
): Promise<void> {
  const answer = await server.fetch(`/api/v1${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

/** The first answer, which reads what is not in memory yet, and the median and the slow ones of those after. */
async function timed(work: () => Promise<void>): Promise<{ first: number; p50: number; p95: number }> {
  const times: number[] = [];
  for (let i = 0; i <= REPEATS; i++) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  const [first = 0, ...rest] = times;
  return { first, p50: percentile(rest, 0.5), p95: percentile(rest, 0.95) };
}

/** Targets, splitting and ranking of a city, 36 months of it. */
export async function city(institutions: number): Promise<Row[]> {
  const { path, remove } = temporary();
  const server = await startServer(path);
  try {
    await send(server, 'PUT', '/estate', estateOf(institutions));
    const now = Date.now();
    const today = now - ((now + 8 * 3_600_000) % DAY_MS);
    const from = today - Math.round(MONTHS * 30.44) * DAY_MS;
    await server
      .fetch('/api/v1/readings?name=city.csv', {
        method: 'POST',
        headers: { 'content-type': 'text/csv' },
        body: Readable.toWeb(
          Readable.from(readings(institutions, from, today), { objectMode: false }),
        ) as ReadableStream<Uint8Array>,
        duplex: 'half',
      } as RequestInit)
      .then((answer) => answer.text());
    await drained(server);

    const year = new Date(today).getUTCFullYear();
    const common = { base_year: year - 1, end_year: year + 4, recorded_by: 'bench' };
    const target = (id: string, indicator: string, scheme: string | null) =>
      send(server, 'PUT', `/targets/${id}`, {
        ...common,
        node: 'city',
        indicator,
        scheme,
        path: { kind: 'linear', reduction: 0.05 },
      });
    await target('m2', 'energy_per_m2', 'national-statistics');
    await target('kwh', 'electricity', null);
    await target('water', 'water_per_person', null);
    const split = (save: boolean) =>
      send(server, 'POST', '/targets/kwh/split', { method: 'base', save, recorded_by: 'bench' });

    const span = `from=${year}-01-01&to=${year + 1}-01-01`;
    const name = `city of ${institutions} × ${MONTHS} months`;
    const rows: Row[] = [];
    const add = async (what: string, work: () => Promise<void>): Promise<void> => {
      const { first, p50, p95 } = await timed(work);
      rows.push({ what: `${name}: ${what}, first`, values: [first], unit: 'ms' });
      rows.push({ what: `${name}: ${what}, p50`, values: [p50], unit: 'ms', wanted: WANTED });
      rows.push({ what: `${name}: ${what}, p95`, values: [p95], unit: 'ms' });
    };
    await add('target page, 3 targets', () => send(server, 'GET', '/targets?node=city'));
    await add('splitting a target', () => split(false));
    const began = performance.now();
    await split(true);
    rows.push({ what: `${name}: saving the parts`, values: [performance.now() - began], unit: 'ms' });
    await add('target with its parts', () => send(server, 'GET', '/targets/kwh'));
    await add('ranking', () =>
      send(server, 'GET', `/comparison?node=city&indicator=energy_per_m2&type=organ&${span}`),
    );
    await add('ranking against the period before', () =>
      send(server, 'GET', `/comparison?node=city&indicator=water_per_person&against=previous&${span}`),
    );
    const months = `from=${year - 1}-01-01&to=${year}-01-01`;
    await add('indicators of every institution', () =>
      send(server, 'GET', `/indicators?below=city&kind=institution&indicator=energy_per_m2&${months}`),
    );
    await add('all indicators of the city', () => send(server, 'GET', `/indicators?node=city&${months}`));
    await add('quotas of one institution', () => send(server, 'GET', `/quotas?node=o7&year=${year - 1}`));
    await add('quotas of one institution, this year', () =>
      send(server, 'GET', `/quotas?node=o7&year=${year}`),
    );
    await add('summary of the city', () => send(server, 'GET', '/summary?node=city'));
    await add('who has to explain', () => send(server, 'GET', `/explanations?node=city&year=${year - 1}`));
    await add('public notice of the city', () => send(server, 'GET', `/publicity?node=city&year=${year}`));
    await add('public notice of the city, last year', () =>
      send(server, 'GET', `/publicity?node=city&year=${year - 1}`),
    );
    await add('why the year differs from the last', () =>
      send(server, 'GET', `/waterfall?node=city&indicator=energy&from=${year}-01-01&to=${year + 1}-01-01`),
    );
    // Each asks for another institution, so that none is kept from before.
    let next = 0;
    await add('forecast that nobody asked for yet', () =>
      send(server, 'GET', `/forecast?node=o${next++ % institutions}&indicator=energy_per_m2`),
    );
    await add('forecast asked for again', () =>
      send(server, 'GET', '/forecast?node=o7&indicator=energy_per_m2'),
    );
    rows.push({ what: `${name}: resident`, values: [residentMb(server.pid).now], unit: 'MB' });
    return rows;
  } finally {
    await server.stop();
    remove();
  }
}
