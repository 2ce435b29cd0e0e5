/** Master data of an institution as the statistics ask for it (基本信息表); null: nobody entered it. */
export interface InstitutionRecord {
  /** The node's id. */
  id: string;
  /** 统一社会信用代码, 18 characters. */
  creditCode: string | null;
  address: string | null;
  postcode: string | null;
  phone: string | null;
  /** 主管部门, by which the statistics are summed up. */
  department: string | null;
  /** 单位负责人, 统计负责人 and 填表人, for the signature of a form. */
  head: string | null;
  statistician: string | null;
  preparer: string | null;
}
