import type { FormWords } from './words.zh.ts';

export const en: FormWords = {
  who: 'Recorded by',
  whoHint: 'name; goes on record',
  as: (name) => `Recorded as ${name}`,
  why: 'By what',
  whyHint: 'e.g. number of a notice; may be left out',
  save: 'Save',
  saving: 'Saving…',
  cancel: 'Cancel',
  readOnly: {
    manage: (node) => `Shown only: an energy manager of ${node} changes it.`,
    supervise: (node) => `Shown only: a supervisor of ${node} changes it.`,
  },
  needed: 'Please fill in',
  notNumber: 'must be a number',
  notDate: 'must be a date, e.g. 2026-03-14',
  notMonth: 'must be the first day of a month',
  dayHint: 'year-month-day',
  momentHint: 'year-month-day hour:minute',
  calendar: 'Choose a date',
};
