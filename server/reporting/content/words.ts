import type { ReportLanguage } from '../model.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

/** The day and time of an instant in the estate's zone. */
export interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
}

export type Words = typeof zh;

export function wordsOf(language: ReportLanguage): Words {
  return language === 'zh' ? zh : en;
}
