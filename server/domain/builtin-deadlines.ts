import type { Deadline } from './deadline.ts';

const shipped = (
  id: string,
  form: Deadline['form'],
  region: string | null,
  months: number,
  day: number,
  source: Deadline['source'],
): Deadline => ({ id, form, node: null, region, from: null, months, day, shift: 'none', source });

/** The law's day, and examples of what places set; each bureau sets its own. */
export const BUILTIN_DEADLINES: readonly Deadline[] = [
  shipped('annual', 'annual', null, 3, 31, {
    text: '《公共机构节能条例》第十五条：每年 3 月 31 日前报送上一年度能源消费状况报告',
    confidence: 'verified',
  }),
  shipped('annual-630000', 'annual', '630000', 1, 20, {
    text: '例：青海 2009 年，年报 1 月 20 日前；各年可能不同，以当地通知为准',
    confidence: 'unconfirmed',
  }),
  shipped('quarterly', 'quarterly', null, 1, 10, {
    text: '例：南昌 2022 年，季后 10 日前；没有全国统一期限，以当地通知为准',
    confidence: 'unconfirmed',
  }),
  shipped('quarterly-630000', 'quarterly', '630000', 1, 15, {
    text: '例：青海 2009 年，季后 15 日前报州、市；以当地通知为准',
    confidence: 'unconfirmed',
  }),
  shipped('quarterly-510900', 'quarterly', '510900', 1, 5, {
    text: '例：遂宁 2010 年，季后 5 日内；以当地通知为准',
    confidence: 'unconfirmed',
  }),
  shipped('monthly', 'monthly', null, 1, 10, {
    text: '示例：月后 10 日前；月度台账的期限没有全国规定，以当地通知为准',
    confidence: 'unconfirmed',
  }),
];
