import type { Facts } from './facts.ts';

export const STATES = ['ok', 'degraded', 'failing'] as const;
export type State = (typeof STATES)[number];
export const PARTS = ['intake', 'journal', 'ledger', 'timeseries', 'catalogue', 'disk'] as const;
export type PartName = (typeof PARTS)[number];

/** What a part may be; each has its sentence. */
export const CODES = {
  ok: ['正常', 'all is well'],
  intake_closed: ['数据接入尚未打开', 'the intake is not open'],
  intake_unreached: ['无法连接消息服务器', 'the broker is not reached'],
  journal_refuses: [
    '日志不再接收读数，由发送方保留',
    'the journal takes no readings, their senders keep them',
  ],
  journal_full: ['日志已满', 'the journal is full'],
  journal_filling: ['日志已用超过上限的 80%', 'the journal has used more than 80 % of its limit'],
  ledger_failing: ['读数未能写入时序库', 'the last hand-over of readings failed'],
  ledger_behind: ['读数等待入账超过一分钟', 'readings wait for more than a minute'],
  timeseries_unreached: ['时序库没有应答', 'the time series does not answer'],
  catalogue_unreached: ['台账库没有应答', 'the catalogue does not answer'],
  disk_low: ['磁盘剩余空间不足', 'the disk is nearly full'],
} as const;
export type Code = keyof typeof CODES;
export const CODE_NAMES = Object.keys(CODES) as [Code, ...Code[]];

/** One part of the server: how it is, and since when. */
export interface Part {
  part: PartName;
  state: State;
  code: Code;
  /** The cause in the words of the part itself; null where the code says it all. */
  detail: string | null;
  /** epoch ms */
  since: number;
}

/** Share of the journal's limit from which on it is filling. */
export const FILLING = 0.8;
const BEHIND_S = 60;
const DISK_LOW_BYTES = 2 ** 30;

export interface Judged {
  facts: Facts;
  /** Whether meters are to reach it over MQTT at all. */
  intakeWanted: boolean;
  timeseriesError: string | null;
  catalogueError: string | null;
  /** Bytes; null where it is not known. */
  diskFree: number | null;
}

/** How each part is now. */
export function judge(of: Judged): Omit<Part, 'since'>[] {
  const { facts } = of;
  return [
    intake(of),
    journal(facts),
    ledger(facts),
    found('timeseries', of.timeseriesError === null ? null : 'timeseries_unreached', of.timeseriesError),
    found('catalogue', of.catalogueError === null ? null : 'catalogue_unreached', of.catalogueError),
    found(
      'disk',
      of.diskFree !== null && of.diskFree < DISK_LOW_BYTES ? 'disk_low' : null,
      of.diskFree === null ? null : `${Math.round(of.diskFree / 2 ** 20)} MB`,
      'degraded',
    ),
  ];
}

function found(
  part: PartName,
  code: Code | null,
  detail: string | null,
  state: State = 'failing',
): Omit<Part, 'since'> {
  return code === null ? { part, state: 'ok', code: 'ok', detail: null } : { part, state, code, detail };
}

function intake({ facts, intakeWanted }: Judged): Omit<Part, 'since'> {
  if (facts.intake.error !== null) return found('intake', 'intake_unreached', facts.intake.error);
  return found('intake', intakeWanted && facts.intake.mode === 'off' ? 'intake_closed' : null, null);
}

function journal({ journal: { bytes, limitBytes, failure } }: Facts): Omit<Part, 'since'> {
  const used = `${Math.floor((100 * bytes) / limitBytes)} %`;
  if (failure !== null) return found('journal', 'journal_refuses', failure);
  if (bytes >= limitBytes) return found('journal', 'journal_full', used);
  return found('journal', bytes >= FILLING * limitBytes ? 'journal_filling' : null, used, 'degraded');
}

function ledger({ ledgerError, lagS }: Facts): Omit<Part, 'since'> {
  if (ledgerError !== null) return found('ledger', 'ledger_failing', ledgerError);
  const late = lagS !== null && lagS > BEHIND_S;
  return found('ledger', late ? 'ledger_behind' : null, late ? `${Math.round(lagS)} s` : null, 'degraded');
}

/** Remembers since when each part has been as it is. */
export class PartStates {
  readonly #since = new Map<PartName, { code: Code; since: number }>();

  /** @param now epoch ms */
  seen(judged: readonly Omit<Part, 'since'>[], now: number): Part[] {
    return judged.map((of) => {
      let known = this.#since.get(of.part);
      if (known?.code !== of.code) {
        known = { code: of.code, since: now };
        this.#since.set(of.part, known);
      }
      return { ...of, since: known.since };
    });
  }
}
