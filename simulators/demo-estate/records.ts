import type { Failure } from '../../server/domain/compliance.ts';
import { Zone } from '../../server/domain/time.ts';
import type { Ask } from './targets.ts';

/**
 * Master data of the demo's institutions, reference prices of its town and what was written down for the
 * inspection. None of it is real.
 */
const BY = '安澜市机关事务管理局';
const SOURCE = '演示数据';

/** The codes are made up in the form of GB 32100. */
const INSTITUTIONS: Record<string, Record<string, string>> = {
  'gov-office': record('11320500MB00000A1X', '市人民政府', '沈立', '陈晓', '周蕾'),
  'gov-plan': record('11320500MB00000B2X', '市人民政府', '顾明', '吴倩', '吴倩'),
  'gov-finance': record('11320500MB00000C3X', '市人民政府', '丁远', '许静', '韩雪'),
  'gov-land': record('11320500MB00000D4X', '市人民政府', '陆川', '蒋琳', '蒋琳'),
  'cul-centre': record('12320500MB00000E5X', '市文化广电和旅游局', '谢安', '宋佳', '宋佳'),
};

function record(
  credit_code: string,
  department: string,
  head: string,
  statistician: string,
  preparer: string,
): Record<string, string> {
  const address = '安澜市人民路 1 号（演示地址）';
  return { credit_code, address, postcode: '000000', department, head, statistician, preparer };
}

const PRICES: readonly [carrier: string, unit: string, low: number, high: number][] = [
  ['electricity', 'kWh', 0.55, 0.82],
  ['water', 'm³', 3.6, 4.8],
  ['gas', 'm³', 3.1, 4.2],
  ['gasoline', 'L', 7, 8.6],
  ['diesel', 'L', 6.6, 8.2],
];

const EVIDENCE: readonly [node: string, failure: Failure, text: string, day: string, number?: string][] = [
  [
    'gov-office',
    'energy_post',
    '任命能源管理员 1 名，配电、锅炉操作人员持证上岗',
    '02-18',
    '安机管〔示例〕6号',
  ],
  ['gov-office', 'audit', '委托第三方完成能源审计，整改 4 项', '05-20'],
  ['gov-office', 'data_given', '配合市级节能监督检查，提供原始记录', '06-12'],
  ['cul-centre', 'energy_post', '设能源管理岗 1 名', '03-05'],
];

/** Puts what is not there yet; what somebody changed stays as it is. */
export async function setDemoRecords(ask: Ask, now: number): Promise<void> {
  const { year } = new Zone('Asia/Shanghai').wall(now);
  const put = async (kind: string, id: string, body: object): Promise<void> => {
    await ask(`/api/v1/policy/${kind}/${encodeURIComponent(id)}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ body, recorded_by: BY, source: SOURCE }),
    });
  };
  const own = async (kind: string): Promise<Set<string>> => {
    const { items } = (await (await ask(`/api/v1/policy/${kind}`)).json()) as { items: { id: string }[] };
    return new Set(items.map((i) => i.id));
  };
  const [institutions, prices, evidence] = [
    await own('institution'),
    await own('price'),
    await own('evidence'),
  ];
  for (const [id, body] of Object.entries(INSTITUTIONS)) {
    if (!institutions.has(id)) await put('institution', id, body);
  }
  for (const [carrier, unit, low, high] of PRICES) {
    const id = `anlan-${carrier}`;
    const source = { text: '安澜市参考单价（演示数据，非真实价格）', confidence: 'unconfirmed' };
    if (!prices.has(id)) await put('price', id, { carrier, region: '320000', unit, low, high, source });
  }
  for (const [node, failure, text, day, number] of EVIDENCE) {
    const id = `${node}:${year}:${failure}`;
    if (evidence.has(id)) continue;
    const date = `${year}-${day}`;
    await put('evidence', id, { node, year, failure, text, date, ...(number && { number }), author: BY });
  }
}
