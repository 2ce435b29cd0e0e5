import { expect, test } from 'vitest';
import { csvText, inert } from '../../server/http/csv.ts';
import { PersonNew } from '../../server/http/schemas/access.ts';

test.each([
  ['meter', 'meter'],
  ['=1+1', "'=1+1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  [' =1+1', "' =1+1"],
  ['\t=1+1', "' =1+1"],
  ['\r\n=1+1', "'  =1+1"],
  ['a=1', 'a=1'],
  // It would clear the terminal, as one byte too.
  ['\u001b[2Jgone\u009b2J', ' [2Jgone 2J'],
])('%j is %j where a spreadsheet or a terminal shows it', (text, shown) => {
  expect(inert(text)).toBe(shown);
});

test('a cell is quoted where it has to be', () => {
  expect(['a', 'a,b', 'a"b', 'a\nb'].map(csvText)).toEqual(['a', '"a,b"', '"a""b"', '"a\nb"']);
});

test('a person’s name has nothing that a terminal obeys', () => {
  const named = (name: string): boolean => PersonNew.safeParse({ account: 'zhang', name }).success;
  expect([named('张 伟'), named('Zhang\u001b[2J'), named('张\n伟')]).toEqual([true, false, false]);
});
