/** What the page of a building says in Chinese; building.en.ts has the same shape. */
import { strong } from './strong.ts';

export const zh = {
  day: (use: string, day: string) => `${day}${use}负荷`,
  daySub: (unit: string) => `逐时平均（${unit}），对照前一日与上周同日`,
  week: (use: string) => `一周${use}负荷`,
  weekSub: (unit: string, period: string) => `${period}，逐时平均（${unit}），对照前一周`,
  thisDay: '当日',
  dayBefore: '前一日',
  weekBefore: '上周同日',
  thisWeek: '本周',
  lastWeek: '前一周',
  heat: (use: string) => `什么时候${use}`,
  heatSub: (unit: string, period: string) => `${period}，各星期、各小时的平均（${unit}）`,
  base: '基础负荷',
  baseFinding: (day: string, peak: string, hour: string) => `${day}负荷最高 ${strong(peak)}，在 ${hour}`,
  baseNight: (night: string, share: string) =>
    `；工作日夜间（0 至 6 时）平均 ${strong(night)}，是白天的 ${share}`,
  soFar: (day: string, hour: string) => `${day}（截至 ${hour}）`,
  baseNone: (day: string) => `${day}没有负荷数据`,
  night: '工作日夜间',
  nightSub: '0 至 6 时平均',
  weekend: '休息日白天',
  weekendSub: '9 至 18 时平均',
  working: '工作日白天',
  workingSub: '9 至 18 时平均',
  ofTotal: (share: string) => `，占全部用量的 ${share}`,
  ofWorking: (share: string) => `相当于工作日白天的 ${share}`,
  nightYear: (quantity: string) => `全年按此折合 ${quantity}`,
  baseHigh: '夜间超过白天的四成，值得查一查有没有该关未关的设备。',
  baseLow: '夜间低于白天的四成。',
  meters: '本节点的表计',
  hour: '小时',
  weekday: '星期',
  cell: (weekday: string, hour: string, value: string) => `${weekday} ${hour}：${value}`,
  hours: '样本小时数',
};

export type BuildingWords = typeof zh;
