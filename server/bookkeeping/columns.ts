import { BOOK_CARRIERS, type BookCarrier } from '../domain/book.ts';

/** The columns of the book's workbook, in their order, with what stands above them in either language. */
export const COLUMNS = [
  { key: 'node', zh: '单位编号', en: 'Node', width: 16 },
  { key: 'name', zh: '单位名称', en: 'Name', width: 24 },
  { key: 'month', zh: '月份', en: 'Month', width: 11 },
  { key: 'carrier', zh: '能源品种', en: 'Carrier', width: 13 },
  { key: 'account', zh: '户号或车牌', en: 'Account or plate', width: 20 },
  { key: 'unit', zh: '计量单位', en: 'Unit', width: 10 },
  { key: 'quantity', zh: '用量', en: 'Quantity', width: 14 },
  { key: 'cost', zh: '费用（元）', en: 'Cost (yuan)', width: 14 },
  { key: 'period_from', zh: '账期起', en: 'Billed from', width: 13 },
  { key: 'period_to', zh: '账期止', en: 'Billed to', width: 13 },
  { key: 'meter_number', zh: '表号', en: 'Meter number', width: 16 },
  { key: 'collected_by', zh: '抄表人', en: 'Collected by', width: 12 },
  { key: 'collected_on', zh: '抄表日期', en: 'Collected on', width: 13 },
  { key: 'note', zh: '备注', en: 'Note', width: 28 },
] as const;
export type ColumnKey = (typeof COLUMNS)[number]['key'];

/** Without these a sheet is no book. */
export const NEEDED: readonly ColumnKey[] = ['node', 'month', 'carrier', 'unit', 'quantity', 'cost'];

export const CARRIER_NAMES: Record<BookCarrier, { zh: string; en: string; also: readonly string[] }> = {
  electricity: { zh: '电力', en: 'Electricity', also: ['电'] },
  pv: { zh: '光伏', en: 'Photovoltaics', also: ['光伏发电'] },
  water: { zh: '水', en: 'Water', also: ['自来水'] },
  gas: { zh: '天然气', en: 'Gas', also: ['燃气'] },
  heat: { zh: '热力', en: 'Heat', also: ['热'] },
  cooling: { zh: '冷量', en: 'Cooling', also: ['冷'] },
  coal: { zh: '煤炭', en: 'Coal', also: ['煤', '原煤'] },
  gasoline: { zh: '汽油', en: 'Gasoline', also: ['petrol'] },
  diesel: { zh: '柴油', en: 'Diesel', also: [] },
  lpg: { zh: '液化石油气', en: 'LPG', also: ['液化气'] },
  other: { zh: '其他能源', en: 'Other', also: ['其他'] },
};

/** The carrier that a text names, by its id or in either language; null: none. */
export function carrierNamed(text: string): BookCarrier | null {
  const wanted = text.toLowerCase();
  return (
    BOOK_CARRIERS.find((carrier) => {
      const { zh, en, also } = CARRIER_NAMES[carrier];
      return [carrier, zh, en.toLowerCase(), ...also].includes(wanted);
    }) ?? null
  );
}

const SPELLINGS: Record<string, string> = {
  m3: 'm³',
  立方米: 'm³',
  方: 'm³',
  吨: 't',
  千克: 'kg',
  公斤: 'kg',
  升: 'L',
  l: 'L',
  度: 'kWh',
  千瓦时: 'kWh',
  kwh: 'kWh',
  兆瓦时: 'MWh',
  mwh: 'MWh',
  吉焦: 'GJ',
  gj: 'GJ',
  兆焦: 'MJ',
  千克标准煤: 'kgce',
  吨标准煤: 'tce',
};

/** A unit as the book spells it, where it knows what was meant. */
export function spelledUnit(text: string): string {
  // The compatibility forms of a cubic metre and of full-width letters become plain ones.
  const plain = text.normalize('NFKC').replaceAll(/\s/g, '');
  if (text === 'm³') return text;
  return SPELLINGS[plain] ?? SPELLINGS[plain.toLowerCase()] ?? plain;
}
