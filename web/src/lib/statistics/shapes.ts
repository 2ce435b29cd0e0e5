import type { z } from 'zod';
import type { Forms as Shape } from '../../../../server/http/schemas/forms.ts';
import { fixed } from '../i18n/format.ts';

export type Forms = z.infer<typeof Shape>;
export type Form = Forms['forms'][number];
type Cell = Form['rows'][number]['cells'][string];

/** As the workbook writes it; blank where nothing is known. */
export function cellText(cell: Cell | undefined): string {
  if (!cell || cell.value === null) return '';
  const text = typeof cell.value === 'number' ? fixed(cell.value, cell.digits ?? 0) : cell.value;
  return `${text}${cell.mark ?? ''}`;
}

/** Fields that nobody entered and nothing measures. */
export function blanks(forms: readonly Form[]): number {
  const lines = forms.filter((f) => f.columns.some((c) => c.key === 'value'));
  return lines.flatMap((f) => f.rows).filter((row) => row.cells.value?.value === null).length;
}
