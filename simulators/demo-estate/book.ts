import { dayOf, monthAfter, monthOf, startOfMonth } from '../../server/domain/month.ts';
import { DAY_MS, Zone } from '../../server/domain/time.ts';
import type { Ask } from './targets.ts';

/** The book (台账) of the demo estate: bills of its utilities, fuel of its cars, gas bottles of a canteen. */

const BY = '示例市机关事务管理局';
const CLERK = '陈晓';
/** A bill is made from what was metered where so much of its days is known. */
const COMPLETE = 0.6;

interface Account {
  id: string;
  node: string;
  carrier: 'electricity' | 'water' | 'gas';
  unit: string;
  name: string;
  number: string;
  meter: string;
  /** 抄表日, the last day of a bill. */
  day: number;
  /** Yuan per unit. */
  price: number;
}

const ACCOUNTS: Account[] = [
  {
    id: 'gov-electricity',
    node: 'gov',
    carrier: 'electricity',
    unit: 'kWh',
    name: '办公主楼高压',
    number: '3205 0188 2046',
    meter: 'DL-770231',
    day: 25,
    price: 0.684,
  },
  {
    id: 'cul-electricity',
    node: 'cul',
    carrier: 'electricity',
    unit: 'kWh',
    name: '文化中心高压',
    number: '3205 0188 2051',
    meter: 'DL-770245',
    day: 25,
    price: 0.684,
  },
  {
    id: 'gov-water',
    node: 'gov',
    carrier: 'water',
    unit: 'm³',
    name: '办公主楼',
    number: '0071 4426',
    meter: 'SB-15-0932',
    day: 18,
    price: 4.15,
  },
  {
    id: 'gov-gas',
    node: 'gov',
    carrier: 'gas',
    unit: 'm³',
    name: '职工食堂与锅炉房',
    number: '8806 3317',
    meter: 'RQ-G100-27',
    day: 20,
    price: 3.62,
  },
];

/** The bill that does not agree: the supplier took an estimate for a reading. */
const WRONG = { account: 'cul-electricity', monthsAgo: 3, factor: 1.074 };

const VEHICLES = [
  { id: 'gov-car-1', plate: '苏E·20118', fuel: 'gasoline', litres: 118, price: 7.86 },
  { id: 'gov-car-2', plate: '苏E·20126', fuel: 'gasoline', litres: 96, price: 7.86 },
  { id: 'gov-car-3', plate: '苏E·20139', fuel: 'gasoline', litres: 141, price: 7.86 },
  { id: 'gov-bus-1', plate: '苏E·20207', fuel: 'diesel', litres: 264, price: 7.49 },
] as const;
const ROOT = 'anlan';
const GARAGE = 'gov-office';
const LPG = { node: 'cul-centre', kg: 135, price: 7.3 };

interface Rows {
  rows: { start: string; quantity: number | null; completeness: number }[];
}

/**
 * Enters the months that are over and not entered yet, as far as their days are metered.
 * @param months how far back
 */
export async function setDemoBook(ask: Ask, now: number, months: number): Promise<void> {
  const zone = new Zone('Asia/Shanghai');
  const send = (path: string, body: object): Promise<Response> =>
    ask(path, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, recorded_by: BY }),
    });
  if (months < 1) return;
  const last = monthAfter(monthOf(zone, now), -1);
  const first = monthAfter(last, 1 - months);
  for (const a of ACCOUNTS) {
    const { node, carrier, name, number, meter, day } = a;
    const body = { node, carrier, name, number, meter_number: meter, reading_day: day };
    await send(`/api/v1/policy/billing_account/${a.id}`, { body });
  }
  for (const { id, plate, fuel } of VEHICLES) {
    await send(`/api/v1/policy/vehicle/${id}`, { body: { node: GARAGE, plate, fuel } });
  }
  const entries: Entry[] = [];
  for (const account of ACCOUNTS) entries.push(...(await billsOf(ask, zone, account, first, last)));
  for (let month = first; month <= last; month = monthAfter(month, 1)) entries.push(...fuelOf(month));
  const there = await entered(ask, first, last);
  const news = entries.filter((e) => !there.has(keyOf(e)));
  for (let i = 0; i < news.length; i += 500) {
    await send('/api/v1/book/entries', { entries: news.slice(i, i + 500) });
  }
}

interface Entry {
  carrier: string;
  account?: string;
  vehicle?: string;
  month: string;
}

interface Book {
  rows: { lines: (Entry & { entry: object | null })[] }[];
}

/** What was entered before stays as it is: somebody may have changed it. */
async function entered(ask: Ask, first: string, last: string): Promise<Set<string>> {
  const out = new Set<string>();
  for (let month = first; month <= last; month = monthAfter(month, 1)) {
    const { rows } = (await (await ask(`/api/v1/book?node=${ROOT}&month=${month}`)).json()) as Book;
    for (const line of rows.flatMap((r) => r.lines)) if (line.entry) out.add(keyOf(line));
  }
  return out;
}

function keyOf({ carrier, account, vehicle, month }: Entry): string {
  return [carrier, account ?? '', vehicle ?? '', month].join(' ');
}

/** A bill for each month, made from what was metered from the day after one reading to the next. */
async function billsOf(
  ask: Ask,
  zone: Zone,
  account: Account,
  first: string,
  last: string,
): Promise<Entry[]> {
  const { node, carrier, unit, day, id, meter, price } = account;
  const begin = startOfMonth(zone, monthAfter(first, -1)) + day * DAY_MS;
  const end = startOfMonth(zone, last) + day * DAY_MS;
  const query = new URLSearchParams({ node, carrier, by: 'day', from: zone.iso(begin), to: zone.iso(end) });
  const { rows } = (await (await ask(`/api/v1/consumption?${query.toString()}`)).json()) as Rows;
  const out: (Entry & Record<string, unknown>)[] = [];
  for (let month = first, i = 0; month <= last; month = monthAfter(month, 1), i++) {
    const from = dayOf(zone, startOfMonth(zone, monthAfter(month, -1)) + day * DAY_MS);
    const to = dayOf(zone, startOfMonth(zone, month) + (day - 1) * DAY_MS);
    const days = rows.filter((r) => r.start.slice(0, 10) >= from && r.start.slice(0, 10) <= to);
    const known = days.reduce((sum, r) => sum + r.completeness, 0);
    if (days.length === 0 || known < COMPLETE * days.length) continue;
    const metered = (days.reduce((sum, r) => sum + (r.quantity ?? 0), 0) * days.length) / known;
    const wrong = id === WRONG.account && month === monthAfter(last, 1 - WRONG.monthsAgo);
    // Two good meters differ by some tenths of a per cent.
    const factor = wrong ? WRONG.factor : 1 + wave(i, account.number.length) * 0.004;
    const quantity = Math.round(metered * factor);
    out.push({
      ...{ node, carrier, account: id, month, quantity, unit },
      cost: Math.round(quantity * price * 100) / 100,
      period: { from, to },
      meter_number: meter,
      collected_by: CLERK,
      collected_on: to,
    });
  }
  return out;
}

function fuelOf(month: string): Entry[] {
  const n = Number(month.slice(0, 4)) * 12 + Number(month.slice(5));
  // Less is driven about the Spring Festival.
  const season = ['01', '02'].includes(month.slice(5)) ? 0.78 : 1;
  const by = { unit: 'L', collected_by: CLERK, month };
  const cars = VEHICLES.map(({ id, fuel, litres, price }, i) => {
    const quantity = Math.round(litres * season * (1 + 0.16 * wave(n, i + 3)) * 10) / 10;
    const cost = Math.round(quantity * price * 100) / 100;
    return { ...by, node: GARAGE, carrier: fuel, vehicle: id, quantity, cost };
  });
  const bottles = Math.max(6, Math.round((LPG.kg * season * (1 + 0.2 * wave(n, 9))) / 15));
  const kg = bottles * 15;
  const note = `${bottles} 瓶，每瓶 15 kg`;
  const cost = Math.round(kg * LPG.price * 100) / 100;
  const bottled = { ...by, node: LPG.node, carrier: 'lpg', quantity: kg, unit: 'kg', cost, note };
  return [...cars, bottled];
}

/** Something between −1 and 1 that is the same every time. */
function wave(n: number, seed: number): number {
  return Math.sin(n * 12.9898 + seed * 78.233);
}
