/** What the server says of a field, in the words of the page; what it may say else stands as it is. */
import type { LedgerWords } from './words.zh.ts';

const KNOWN: readonly [RegExp, keyof LedgerWords['faults']][] = [
  [/before the meter was there|no device was there/, 'tooEarly'],
  [/where the meter begins/, 'begins'],
  [/has an exchange already/, 'exchangeThere'],
  [/has a reading by eye already/, 'readingThere'],
  [/must be the same as final/, 'goesOn'],
  [/is never shown by a register that returns to 0 at ([\d.]+)/, 'rollover'],
  [/the register returns to 0 at ([\d.]+)/, 'rollover'],
  [/in the future/, 'future'],
  [/overlaps an estimate of (.+)/, 'overlaps'],
  [/must be after from/, 'notAfter'],
  [/a volatile counter needs one/, 'volatile'],
  [/only a cumulative register/, 'notCumulative'],
  [/more than a meter can count/, 'tooMuch'],
];

export function faultText(message: string, words: LedgerWords): string {
  for (const [pattern, key] of KNOWN) {
    const found = pattern.exec(message);
    if (found) return words.faults[key](found[1] ?? '');
  }
  return message;
}
