export const zh = {
  who: '登记人',
  whoHint: '姓名，记入修改历史',
  as: (name: string) => `以 ${name} 的名义记录`,
  why: '依据',
  whyHint: '例如文号；可不填',
  save: '保存',
  saving: '正在保存…',
  cancel: '取消',
  needed: '请填写',
  /** Why fields are only shown. */
  readOnly: {
    manage: (node: string) => `只能查看。修改由${node}的能源管理员进行。`,
    supervise: (node: string) => `只能查看。修改由${node}的主管部门监管员进行。`,
  },
  notNumber: '应为数字',
  notDate: '应为日期，例如 2026-03-14',
  notMonth: '应为某月 1 日',
  dayHint: '年-月-日',
  momentHint: '年-月-日 时:分',
  calendar: '选择日期',
};

export type FormWords = typeof zh;
