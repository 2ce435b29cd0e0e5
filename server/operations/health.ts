import type { CertificateState } from '../access/certificates.ts';
import type { Facts } from './facts.ts';

export const STATES = ['ok', 'degraded', 'failing'] as const;
export type State = (typeof STATES)[number];
export const PARTS = [
  'intake',
  'journal',
  'ledger',
  'timeseries',
  'catalogue',
  'http',
  'process',
  'disk',
] as const;
export type PartName = (typeof PARTS)[number];
/** Causes before what they cause: a disk that is full stops the journal, a time series that is away the ledger. */
const CAUSES: readonly PartName[] = [
  'disk',
  'process',
  'timeseries',
  'catalogue',
  'journal',
  'ledger',
  'intake',
  'http',
];

/** What a part may be; each has its sentence. */
export const CODES = {
  ok: ['正常', 'all is well'],
  intake_closed: ['数据接入尚未打开', 'the intake is not open'],
  intake_unreached: ['无法连接消息服务器', 'the broker is not reached'],
  intake_crowded: ['在线网关已超过连接上限的 80%', 'more than 80 % of the connections are taken'],
  intake_warned: ['消息服务器的设置或状态可能丢失读数', 'what the broker does may lose readings'],
  intake_refusing: ['有设备被拒绝接入，或任何人都可上报', 'devices are refused, or anybody may publish'],
  journal_refuses: [
    '日志不再接收读数，由发送方保留',
    'the journal takes no readings, their senders keep them',
  ],
  journal_full: ['日志已满', 'the journal is full'],
  journal_filling: ['日志已用超过上限的 80%', 'the journal has used more than 80 % of its limit'],
  ledger_failing: ['读数未能写入时序库', 'the last hand-over of readings failed'],
  ledger_behind: ['读数等待入账超过一分钟', 'readings wait for more than a minute'],
  timeseries_unreached: ['时序库没有应答', 'the time series does not answer'],
  timeseries_lost: ['时序库缺少已交付的数据', 'the time series lacks what was handed on to it'],
  catalogue_unreached: ['台账库没有应答', 'the catalogue does not answer'],
  http_failing: ['有请求因内部错误而失败', 'requests fail by errors that nobody foresaw'],
  live_full: ['实时数据的连接已满', 'no more clients of live values are let in'],
  certificate_over: ['证书已过期', 'the certificate is over'],
  certificate_kept: [
    '新的证书文件不能使用，仍用原证书',
    'new certificate files cannot be used, the old one stays',
  ],
  certificate_ending: ['证书将在 30 天内到期', 'the certificate ends within 30 days'],
  process_late: ['服务器忙不过来，响应迟缓', 'the process does not keep up, everything waits'],
  clock_stepped: ['服务器时钟被调整过', 'the clock of the server was stepped'],
  memory_high: ['内存占用超过上限的 90%', 'more than 90 % of the memory is in use'],
  disk_low: ['磁盘剩余空间不足', 'the disk is nearly full'],
} as const;
export type Code = keyof typeof CODES;
/**
 * Under these no reading is taken, so that a server is not ready. A time series or a catalogue that is away is none of
 * them: readings wait in the journal, and whoever turned their senders away for that would lose them.
 */
export const REFUSING: ReadonlySet<Code> = new Set([
  'intake_closed',
  'intake_unreached',
  'journal_refuses',
  'journal_full',
]);
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

/** Share of the journal's limit from which on it is filling, and of the connections from which on they are few. */
export const FILLING = 0.8;
export const DISK_LOW_BYTES = 2 ** 30;
const BEHIND_S = 60;
const ENDING_DAYS = 30;
const LATE_S = 0.5;
const MEMORY_SHARE = 0.9;
/** Most that is remembered of what was wrong. */
const PAST_LIMIT = 100;

export interface Judged {
  facts: Facts;
  /** Whether meters are to reach it over MQTT at all. */
  intakeWanted: boolean;
  timeseriesError: string | null;
  catalogueError: string | null;
  /** What was found missing from the time series at start, in sentences. */
  lost: readonly string[];
  /** Most clients of the embedded broker at a time; null where the broker is another's. */
  clientsLimit: number | null;
  /** Answers of the last minute that nobody foresaw. */
  unforeseen: number;
  /** How late the event loop was in the best of the last windows, s: a single hold-up is none. */
  lateS: number;
  /** By how much the clock was put forward of late, ms; negative: back; 0: it was not. */
  steppedMs: number;
  /** Bytes. */
  memory: { used: number; limit: number };
  /** Bytes; null where it is not known. */
  diskFree: number | null;
  /** Of what listens over TLS; null or left out: nothing does. */
  certificate?: CertificateState | null;
}

/** How each part is now. */
export function judge(of: Judged): Omit<Part, 'since'>[] {
  const { facts } = of;
  return [
    intake(of),
    journal(facts),
    ledger(facts),
    timeseries(of),
    found('catalogue', of.catalogueError === null ? null : 'catalogue_unreached', of.catalogueError),
    http(of),
    process(of),
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

function intake({ facts, intakeWanted, clientsLimit }: Judged): Omit<Part, 'since'> {
  const { error, mode, clients, warnings } = facts.intake;
  if (error !== null) return found('intake', 'intake_unreached', error);
  if (intakeWanted && mode === 'off') return found('intake', 'intake_closed', null);
  if (clientsLimit !== null && clients !== null && clients >= FILLING * clientsLimit) {
    return found('intake', 'intake_crowded', `${clients} / ${clientsLimit}`, 'degraded');
  }
  const code = mode === 'embedded' ? 'intake_refusing' : 'intake_warned';
  return found('intake', warnings.length > 0 ? code : null, warnings.join('; '), 'degraded');
}

function timeseries({ timeseriesError, lost }: Judged): Omit<Part, 'since'> {
  if (timeseriesError !== null) return found('timeseries', 'timeseries_unreached', timeseriesError);
  return found('timeseries', lost.length > 0 ? 'timeseries_lost' : null, lost.join('; '), 'degraded');
}

function http({ unforeseen, facts: { live }, certificate }: Judged): Omit<Part, 'since'> {
  const days = certificate ? `${certificate.daysLeft} d` : null;
  if (certificate && certificate.daysLeft < 0) return found('http', 'certificate_over', days, 'degraded');
  if (unforeseen > 0) return found('http', 'http_failing', `${unforeseen} in a minute`, 'degraded');
  const full = live.limit > 0 && live.clients >= live.limit;
  if (full) return found('http', 'live_full', `${live.clients} / ${live.limit}`, 'degraded');
  if (certificate?.error != null) return found('http', 'certificate_kept', certificate.error, 'degraded');
  const ending = certificate != null && certificate.daysLeft < ENDING_DAYS;
  return found('http', ending ? 'certificate_ending' : null, days, 'degraded');
}

function process({ lateS, steppedMs, memory: { used, limit } }: Judged): Omit<Part, 'since'> {
  const share = `${Math.floor((100 * used) / limit)} %`;
  if (used >= MEMORY_SHARE * limit) return found('process', 'memory_high', share, 'degraded');
  if (steppedMs !== 0) return found('process', 'clock_stepped', stepText(steppedMs), 'degraded');
  const late = lateS > LATE_S;
  return found('process', late ? 'process_late' : null, `${lateS.toFixed(1)} s`, 'degraded');
}

/** @param ms by how much a clock was put forward; negative: back */
export function stepText(ms: number): string {
  return `${ms < 0 ? '−' : '+'}${Math.round(Math.abs(ms) / 1000)} s`;
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

/** Something that was wrong and is no more. */
export interface Past extends Part {
  /** epoch ms */
  until: number;
}

/** What is wrong: the worst first, and of what is equally bad the cause before what follows from it. */
export function worstFirst(parts: readonly Part[]): Part[] {
  const badness = ({ state }: Part): number => STATES.indexOf(state);
  return parts
    .filter((p) => p.state !== 'ok')
    .sort((a, b) => badness(b) - badness(a) || CAUSES.indexOf(a.part) - CAUSES.indexOf(b.part));
}

/** Remembers since when each part has been as it is, and what was wrong before. */
export class PartStates {
  readonly #now = new Map<PartName, Part>();
  /** Newest last. */
  #past: Past[] = [];
  readonly #changed: (part: Part) => void;

  /** @param changed told of each part that is not as it was; at first sight, of each that is not well */
  constructor(changed: (part: Part) => void = () => {}) {
    this.#changed = changed;
  }

  /** @param now epoch ms */
  seen(judged: readonly Omit<Part, 'since'>[], now: number): Part[] {
    return judged.map((of) => {
      const before = this.#now.get(of.part);
      const same = before?.code === of.code;
      const part = { ...of, since: same ? before.since : now };
      this.#now.set(of.part, part);
      // Every start begins with an intake that is not open yet, which is no news; what comes of it is.
      if (same || of.code === 'intake_closed') return part;
      const known = before?.code === 'intake_closed' ? undefined : before;
      if (known && known.state !== 'ok') {
        this.#past = [...this.#past, { ...known, until: now }].slice(-PAST_LIMIT);
      }
      if (known || of.state !== 'ok') this.#changed(part);
      return part;
    });
  }

  /** What ended after an instant, newest first. */
  past(after: number): Past[] {
    return this.#past.filter(({ until }) => until >= after).reverse();
  }
}
