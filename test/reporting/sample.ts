import type { Cell, Report, Row, Table } from '../../server/reporting/model.ts';

/** A report with every kind of block, column and cell, long names, many rows and lacks: what a layout must bear. */

const MONTHS = Array.from({ length: 12 }, (_, i) => `${i + 1}月`);
const LONG = '示例市人民政府机关事务管理局第二综合办公区后勤服务保障中心（含档案馆、信访接待中心及附属用房）';

export function sampleReport(over: Partial<Report> = {}): Report {
  return {
    model: 1,
    kind: 'monthly',
    language: 'zh',
    node: { id: 'gov', name: '示例市行政中心' },
    month: '2026-12',
    zone: 'Asia/Shanghai',
    issuer: '示例市机关事务管理局',
    title: '示例市行政中心2026年12月能源资源消费情况报告',
    number: '节能月报〔2026〕12号',
    scheme: { id: 'equivalent', name: '电力折标准煤系数（当量值）0.1229 kgce/kWh' },
    computedAt: Date.UTC(2026, 11, 31, 18, 30),
    sections: [
      {
        id: 'summary',
        heading: '综述',
        blocks: [
          {
            kind: 'paragraph',
            text: '2026年12月，示例市行政中心用电 86,420 kWh，比上年同期减少 4.2 %，其中气温影响减少 1.1 %，工作日少 1 天减少 0.9 %；用水 1,204 m³，比上年同期增加 0.6 %。全年累计综合能耗 162.35 tce，完成年度目标进度的 98.7 %，按此进度年底可完成“十四五”节约能源资源目标。',
          },
          {
            kind: 'list',
            items: [
              '空调系统用电比上月增加 12,300 kWh，主要是供暖开始后循环水泵连续运行。',
              '地下车库照明已改为感应控制，12月夜间基础负荷由 42 kW 降至 31 kW。',
              '总进线电能表 12 月 14 日更换互感器（200/5 改为 300/5），倍率由 40 改为 60，已登记。',
            ],
          },
        ],
      },
      {
        id: 'consumption',
        heading: '能源资源消费情况',
        blocks: [
          { kind: 'paragraph', text: '各能源品种消费量、费用和折标准煤量见下表。' },
          consumption(),
          {
            kind: 'chart',
            id: 'months',
            caption: '2026年各月用电量与上年同期对比',
            form: 'bar',
            unit: 'kWh',
            categories: MONTHS,
            series: [
              {
                name: '2025年',
                values: [
                  93500,
                  90100,
                  null,
                  72000,
                  69500,
                  86200,
                  97000,
                  104000,
                  83000,
                  71000,
                  79000,
                  90208.5,
                ],
              },
              {
                name: '2026年',
                values: [
                  91000, 88000, 76000, 70100, 68000, 84000, 99000, 101000, 80500, 69000, 76200, 86420.25,
                ],
              },
              {
                name: '计划',
                plan: true,
                values: [90000, 88000, 77000, 70000, 68500, 84000, 97000, 101000, 81000, 70000, 77500, 88000],
              },
            ],
            description: '2026年各月用电量大多低于上年同期，7月高于上年；2025年3月无数据。',
          },
        ],
      },
      {
        id: 'items',
        heading: '分项用电',
        blocks: [
          {
            kind: 'chart',
            id: 'items',
            caption: '各月分项用电量',
            form: 'stack',
            unit: 'kWh',
            categories: MONTHS,
            series: ['照明插座', '空调', '动力', '特殊'].map((name, s) => ({
              name,
              values: MONTHS.map((_, m) => 9000 + 3000 * ((s * 5 + m * 7) % 6)),
            })),
            description: '照明插座、空调、动力和特殊用电逐月堆叠。',
          },
          {
            kind: 'chart',
            id: 'load',
            caption: '单位建筑面积电耗（近三年）',
            form: 'line',
            unit: 'kWh/m²',
            categories: MONTHS,
            series: [2026, 2025, 2024].map((year, s) => ({
              name: `${year}年`,
              values: MONTHS.map((_, m) => (s === 1 && m === 4 ? null : 5 + s * 0.4 + ((m * 3) % 7) / 5)),
            })),
            description: '三年的单位建筑面积电耗，2025年5月无数据。',
          },
        ],
      },
      {
        id: 'ranking',
        heading: '所属机构用能排名',
        blocks: [
          ranking(),
          {
            kind: 'chart',
            id: 'ranking',
            caption: '单位建筑面积电耗最高的六家机构',
            form: 'bar',
            unit: 'kWh/m²',
            categories: [
              LONG,
              '示例市政务服务中心',
              '示例市文化馆',
              '示例市图书馆（新馆）',
              '示例市青少年宫',
              '示例市博物馆',
            ],
            series: [{ name: '单位建筑面积电耗', values: [9.81, 8.4, 7.7, 6.9, 6.1, 5.2] }],
            description: '第二综合办公区最高，为 9.81 kWh/m²。',
          },
        ],
      },
      {
        id: 'notes',
        heading: '数据说明',
        blocks: [
          { kind: 'paragraph', text: '本报告数据由能耗监测系统自动采集计算；缺测时段不以零计。' },
          wide(),
        ],
      },
    ],
    signature: {
      people: [
        { role: '单位负责人', name: '王建国' },
        { role: '统计负责人', name: '李敏' },
        { role: '填表人', name: null },
      ],
      date: '2027年1月5日',
    },
    ...over,
  };
}

function consumption(): Table {
  const rows: [string, string, number | null, number | null, number | null, number | null][] = [
    ['电', 'kWh', 86420.256789, 90208.5, 1034567.891, 0.1229],
    ['水', 'm³', 1204.005, 1196.8, 14004.5, null],
    ['天然气', 'm³', 21800.125, null, 98765.4321, 1.2143],
    ['外购热力', 'GJ', null, 412.5, 1600, 34.12],
  ];
  const cells = rows.map(([carrier, unit, quantity, last, year, factor]): Row => {
    const tce = quantity !== null && factor !== null ? quantity * factor : null;
    return {
      kind: 'row',
      cells: {
        carrier: { value: carrier },
        unit: { value: unit },
        quantity: quantity === null ? { value: null, lack: '无数据' } : { value: quantity, mark: '*' },
        last: last === null ? { value: null, lack: '无上年数据' } : { value: last },
        change:
          quantity !== null && last !== null
            ? { value: quantity / last - 1 }
            : { value: null, lack: '无法比较' },
        year: { value: year },
        factor: factor === null ? { value: null } : { value: factor },
        kgce: tce === null ? { value: null, lack: '不计入' } : { value: tce },
        cost: quantity === null ? { value: null } : { value: quantity * 0.8125 },
      },
    };
  });
  const sum = (key: string): number =>
    cells.reduce((all, row) => {
      const { value } = row.cells[key] as Cell;
      return typeof value === 'number' ? all + value : all;
    }, 0);
  return {
    kind: 'table',
    id: 'consumption',
    caption: '各能源品种消费量、费用和折标准煤量',
    columns: [
      { key: 'carrier', head: '能源品种', unit: '', format: { type: 'text' } },
      { key: 'unit', head: '计量单位', unit: '', format: { type: 'text' } },
      { key: 'quantity', head: '本月消费量', unit: '', format: { type: 'number', digits: 2 } },
      { key: 'last', head: '上年同期', unit: '', format: { type: 'number', digits: 2 } },
      {
        key: 'change',
        head: '同比',
        unit: '%',
        format: { type: 'change', digits: 1 },
        formula: { op: 'change', of: ['quantity', 'last'] },
      },
      { key: 'year', head: '本年累计', unit: '', format: { type: 'number', digits: 2 } },
      { key: 'factor', head: '折标系数', unit: 'kgce/单位', format: { type: 'number', digits: 4 } },
      {
        key: 'kgce',
        head: '折标准煤',
        unit: 'kgce',
        format: { type: 'number', digits: 1 },
        formula: { op: 'product', of: ['quantity', 'factor'] },
      },
      { key: 'cost', head: '费用', unit: '元', format: { type: 'number', digits: 2 } },
    ],
    rows: [
      ...cells,
      {
        kind: 'total',
        sums: ['kgce', 'cost'],
        cells: {
          carrier: { value: '合计' },
          kgce: { value: sum('kgce') },
          cost: { value: sum('cost') },
        },
      },
    ],
    notes: [
      '* 含恢复量：总进线 12 月 3 日通信中断 6 小时，期间用量由码值差确定，各小时为分摊值。',
      '折标准煤按当量值计算；外购热力 12 月热量表未报数，按无数据列示。',
    ],
  };
}

/** 40 institutions, one of them with a name of two lines, one without data. */
function ranking(): Table {
  const rows = Array.from({ length: 40 }, (_, i): Row => {
    const electricity = 120_000 - i * 2_345.678;
    const area = 18_000 - i * 120;
    return {
      kind: 'row',
      cells: {
        rank: { value: i + 1 },
        name: { value: i === 6 ? LONG : `示例市第${i + 1}办公区` },
        electricity: i === 39 ? { value: null, lack: '无数据' } : { value: electricity },
        area: { value: area },
        intensity: i === 39 ? { value: null, lack: '无数据' } : { value: electricity / area },
        completeness: { value: i === 39 ? 0 : 0.9995 - i * 0.01 },
        state: { value: i % 7 === 0 ? '超过约束值' : '低于基准值', ...(i === 7 && { mark: '†' }) },
      },
    };
  });
  const total = rows.reduce((all, { cells }) => all + Number(cells.electricity?.value ?? 0), 0);
  return {
    kind: 'table',
    id: 'ranking',
    caption: '2026年12月单位建筑面积电耗排名',
    columns: [
      { key: 'rank', head: '名次', unit: '', format: { type: 'number', digits: 0 } },
      { key: 'name', head: '机构', unit: '', format: { type: 'text' } },
      { key: 'electricity', head: '用电量', unit: 'kWh', format: { type: 'number', digits: 0 } },
      { key: 'area', head: '建筑面积', unit: 'm²', format: { type: 'number', digits: 0 } },
      {
        key: 'intensity',
        head: '单位面积电耗',
        unit: 'kWh/m²',
        format: { type: 'number', digits: 2 },
        formula: { op: 'ratio', of: ['electricity', 'area'] },
      },
      { key: 'completeness', head: '完整率', unit: '', format: { type: 'share', digits: 1 } },
      { key: 'state', head: '定额对照', unit: '', format: { type: 'text' } },
    ],
    rows: [
      ...rows,
      {
        kind: 'total',
        sums: ['electricity'],
        cells: { name: { value: '合计' }, electricity: { value: total } },
      },
    ],
    notes: ['† 已提交说明，待审核。'],
  };
}

/** More columns than a page is wide: the twelve months and their sum. */
function wide(): Table {
  const keys = MONTHS.map((_, i) => `m${i + 1}`);
  const rows = ['用电量', '其中：空调', '基准差'].map((name, r): Row => {
    const values = keys.map((_, i) => (r === 2 ? i * 10.5 - 40 : 1_086_420.5 / (r + 1) + i * 1_234.5));
    const sum = values.reduce((a, b) => a + b, 0);
    const cells: Record<string, Cell> = { name: { value: name }, sum: { value: sum } };
    for (const [i, key] of keys.entries()) cells[key] = { value: values[i] as number };
    return { kind: 'row', cells };
  });
  return {
    kind: 'table',
    id: 'months',
    caption: '2026年各月用电量',
    columns: [
      { key: 'name', head: '项目', unit: '', format: { type: 'text' } },
      ...keys.map((key, i) => ({
        key,
        head: MONTHS[i] as string,
        unit: 'kWh',
        format: { type: 'number', digits: 1 } as const,
      })),
      {
        key: 'sum',
        head: '合计',
        unit: 'kWh',
        format: { type: 'number', digits: 1 },
        formula: { op: 'sum', of: keys },
      },
    ],
    rows,
    notes: [],
  };
}
