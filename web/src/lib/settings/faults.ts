/** What the server says of a field, in the words of the page; what it may say else stands as it is. */
import type { SettingWords } from './words.zh.ts';

const KNOWN: readonly [RegExp, keyof SettingWords['faults']][] = [
  [/must not be empty/, 'empty'],
  [/must be greater than 0/, 'positive'],
  [/must be at most ([\d.]+)/, 'atMost'],
  [/must be after ([\d-]+)/, 'after'],
  [/first day of a month/, 'month'],
  [/must be a date/, 'date'],
  [/already|twice/, 'twice'],
  [/needs it/, 'inUse'],
  [/must name the coefficient scheme/, 'needsScheme'],
  [/nothing is converted/, 'noScheme'],
  [/is told in (.+)$/, 'unit'],
  [/6 digits/, 'code'],
  [/A–Z a–z 0–9/, 'word'],
  [/expected number|must be a number/i, 'number'],
  [/>=\s*0|not be below 0|at least 0/, 'negative'],
  [/^no (scheme|node|meter|factor|quota)/, 'unknown'],
];

export function faultText(message: string, w: SettingWords): string {
  for (const [pattern, key] of KNOWN) {
    const found = pattern.exec(message);
    if (found) return w.faults[key](found[1] ?? message);
  }
  return message;
}
