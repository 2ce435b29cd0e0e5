import {
  type Filing,
  type FilingAction,
  type FilingForm,
  type FilingKey,
  type FilingState,
  type FilingStep,
  filingId,
  lastMonthOf,
  stateOf,
  withStep,
} from '../domain/filing.ts';
import type { AuditStore } from './audit.ts';
import type { Database } from './database.ts';

/** What is added to a filing. */
export interface StepInput {
  action: FilingAction;
  /** epoch ms */
  at: number;
  by: string;
  remark: string;
  /** Of a submission, and only of one. */
  frozen: Frozen | null;
}

/** What a submission froze, as it lies in the store. */
export interface Frozen {
  /** SHA-256 of the text, in hex. */
  hash: string;
  /** The text, compressed. */
  bytes: Uint8Array;
}

/** Why a check of a month stands although it was not mended. */
export interface CheckExplanation {
  no: number;
  node: string;
  /** `2026-12` */
  month: string;
  check: string;
  text: string;
  by: string;
  /** epoch ms */
  at: number;
  /** What the check showed then; once it shows something else, it is to be explained anew. */
  figure: string;
}

/** Largest frozen submission, compressed. A year of an institution in two languages takes less than a tenth. */
export const LIMIT_FROZEN_BYTES = 8 * 2 ** 20;

/**
 * Filings with all their steps, what they froze, and explanations of checks. Nothing of it is ever changed or
 * deleted. It makes no version of the catalogue: no figure depends on it.
 */
export class FilingStore {
  readonly #db: Database;
  readonly #audit: AuditStore;

  constructor(db: Database, audit: AuditStore) {
    this.#db = db;
    this.#audit = audit;
  }

  get(key: FilingKey): Filing | undefined {
    return this.#read('f.node = ? AND f.form = ? AND f.period = ?', [key.node, key.form, key.period])[0];
  }

  /** Since when each node is in the estate, epoch ms, by its id. */
  enteredAt(): ReadonlyMap<string, number> {
    const rows = this.#db
      .prepare(
        `SELECT id, min(created_at) AS at FROM change WHERE kind = 'node' AND before IS NULL GROUP BY id`,
      )
      .all();
    return new Map(rows.map(({ id, at }) => [id as string, at as number]));
  }

  /** Those whose last month lies in [from, to], `2026-01` to `2026-12`; of one node where it is named. */
  list(from: string, to: string, node?: string): Filing[] {
    const where = 'f.last_month >= ? AND f.last_month <= ?';
    return node === undefined
      ? this.#read(where, [from, to])
      : this.#read(`${where} AND f.node = ?`, [from, to, node]);
  }

  /**
   * Adds a step.
   * @param from the state that it is believed to be in
   * @throws StaleFilingError, FilingError; RangeError where there is no such node or too much to freeze
   */
  step(key: FilingKey, from: FilingState, input: StepInput): Filing {
    const { frozen, ...said } = input;
    if (frozen && frozen.bytes.length > LIMIT_FROZEN_BYTES) {
      throw new RangeError(
        `a filing holds at most ${LIMIT_FROZEN_BYTES / 2 ** 20} MiB, this one has ${frozen.bytes.length} bytes`,
      );
    }
    return this.#db.write(() => {
      if (!this.#db.prepare('SELECT 1 AS there FROM node WHERE id = ?').get(key.node)) {
        throw new RangeError(`no node ${JSON.stringify(key.node)}`);
      }
      const before = this.get(key) ?? { ...key, steps: [] };
      // A clock that was put back makes no step older than the one before it.
      const at = Math.max(said.at, before.steps.at(-1)?.at ?? said.at);
      const after = withStep(before, from, { ...said, at, hash: frozen?.hash ?? null });
      const step = after.steps.at(-1) as FilingStep;
      this.#db
        .prepare(
          'INSERT INTO filing (node, form, period, last_month) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
        )
        .run(key.node, key.form, key.period, lastMonthOf(key.form, key.period));
      this.#db
        .prepare(
          `INSERT INTO filing_step (filing, action, at, by, remark, hash, frozen)
           SELECT no, ?, ?, ?, ?, ?, ? FROM filing WHERE node = ? AND form = ? AND period = ?`,
        )
        .run(
          step.action,
          step.at,
          step.by,
          step.remark,
          step.hash,
          frozen?.bytes ?? null,
          key.node,
          key.form,
          key.period,
        );
      this.#audit.add([
        {
          actor: this.#audit.actor(step.by),
          at,
          action: `filing.${step.action}`,
          target: `filing/${filingId(key)}`,
          before: { state: from },
          after: { state: stateOf(after), remark: step.remark, hash: step.hash },
          outcome: 'done',
        },
      ]);
      return after;
    });
  }

  /** What a submission of a filing froze; null: no such submission. */
  frozen(key: FilingKey, hash: string): Uint8Array | null {
    const row = this.#db
      .prepare(
        `SELECT s.frozen FROM filing_step s JOIN filing f ON f.no = s.filing
         WHERE f.node = ? AND f.form = ? AND f.period = ? AND s.hash = ? ORDER BY s.no DESC LIMIT 1`,
      )
      .get(key.node, key.form, key.period, hash);
    return row ? (row.frozen as Uint8Array) : null;
  }

  /** Puts an explanation of a check on record; the newest of a check counts. */
  explain(input: Omit<CheckExplanation, 'no'>): CheckExplanation {
    return this.#db.write(() => {
      if (!this.#db.prepare('SELECT 1 AS there FROM node WHERE id = ?').get(input.node)) {
        throw new RangeError(`no node ${JSON.stringify(input.node)}`);
      }
      const row = this.#db
        .prepare(
          `INSERT INTO check_explanation (node, month, check_id, text, by, at, figure)
           VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING no`,
        )
        .get(input.node, input.month, input.check, input.text, input.by, input.at, input.figure);
      const { node, month, check, text, by, at } = input;
      this.#audit.add([
        {
          actor: this.#audit.actor(by),
          at,
          action: 'check.explain',
          target: `check/${node}/${month}/${check}`,
          after: { text },
          outcome: 'done',
        },
      ]);
      return { ...input, no: row?.no as number };
    });
  }

  /** The explanations that count, of a node and months in [from, to]; without a node, of every node. */
  explanations(from: string, to: string, node?: string): CheckExplanation[] {
    const own = node === undefined ? '' : 'AND node = ?';
    const rows = this.#db
      .prepare(
        `SELECT no, node, month, check_id, text, by, at, figure FROM check_explanation
         WHERE no IN (SELECT max(no) FROM check_explanation WHERE month >= ? AND month <= ? ${own}
                      GROUP BY node, month, check_id)
         ORDER BY no`,
      )
      .all(from, to, ...(node === undefined ? [] : [node]));
    return rows.map((row) => ({
      no: row.no as number,
      node: row.node as string,
      month: row.month as string,
      check: row.check_id as string,
      text: row.text as string,
      by: row.by as string,
      at: row.at as number,
      figure: row.figure as string,
    }));
  }

  #read(where: string, values: string[]): Filing[] {
    const rows = this.#db
      .prepare(
        `SELECT f.no, f.node, f.form, f.period, s.action, s.at, s.by, s.remark, s.hash
         FROM filing f JOIN filing_step s ON s.filing = f.no WHERE ${where} ORDER BY f.no, s.no`,
      )
      .all(...values);
    const filings = new Map<number, Filing & { steps: FilingStep[] }>();
    for (const row of rows) {
      const no = row.no as number;
      const filing = filings.get(no) ?? {
        node: row.node as string,
        form: row.form as FilingForm,
        period: row.period as string,
        steps: [],
      };
      filings.set(no, filing);
      filing.steps.push({
        action: row.action as FilingAction,
        at: row.at as number,
        by: row.by as string,
        remark: row.remark as string,
        hash: row.hash as string | null,
      });
    }
    return [...filings.values()];
  }
}
