import type { Journal } from './journal.ts';

/** Share of its limit from which on the journal is said to be filling up. */
const ALARM_SHARE = 0.8;

/** What is wrong with the journal, or soon will be, in sentences for the health page and the log. */
export function journalTroubles(journal: Pick<Journal, 'bytes' | 'limitBytes' | 'failure'>): string[] {
  const out: string[] = [];
  const { bytes, limitBytes, failure } = journal;
  if (failure !== null) out.push(`the journal takes no readings, their senders keep them: ${failure}`);
  if (bytes >= ALARM_SHARE * limitBytes) {
    const percent = Math.floor((100 * bytes) / limitBytes);
    out.push(
      `the journal has used ${percent} % of its ${megabytes(limitBytes)} MB; when it is full, no reading is taken`,
    );
  }
  return out;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

/** Says in the log what is wrong with the journal, once for each thing and each percent. */
export class JournalAlarm {
  readonly #journal: Parameters<typeof journalTroubles>[0];
  readonly #log: { warn(fields: object, message: string): void; info(fields: object, message: string): void };
  #said = '';

  constructor(
    journal: Parameters<typeof journalTroubles>[0],
    log: { warn(fields: object, message: string): void; info(fields: object, message: string): void },
  ) {
    this.#journal = journal;
    this.#log = log;
  }

  look(): void {
    const text = journalTroubles(this.#journal).join('; ');
    if (text === this.#said) return;
    this.#said = text;
    if (text === '') this.#log.info({}, 'journal: takes readings and has room for them');
    else this.#log.warn({ trouble: text, bytes: this.#journal.bytes }, 'journal: trouble');
  }
}
