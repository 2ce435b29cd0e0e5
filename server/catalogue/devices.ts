import type { Device, DeviceKind } from '../domain/device.ts';
import type { AuditNote, AuditStore } from './audit.ts';
import type { Database, Row, Value } from './database.ts';

/** A device with what its secrets are known by. */
export interface StoredDevice extends Device {
  /** SHA-256 of the secret, in hex. */
  hash: string;
  /** PBKDF2 of the same secret, as mosquitto has it in its password file. */
  brokerHash: string;
  /** SHA-256 of the secret before it; it holds until `oldUntil`. */
  oldHash: string | null;
}

export type NewDevice = Pick<
  StoredDevice,
  | 'name'
  | 'kind'
  | 'subject'
  | 'topics'
  | 'below'
  | 'meters'
  | 'clientId'
  | 'hash'
  | 'brokerHash'
  | 'createdAt'
  | 'createdBy'
  | 'expiresAt'
>;

/** Where and when a device was heard of. */
export interface Sighting {
  no: number;
  /** epoch ms */
  at: number;
  from: string;
  /** To be bound to it where it is bound to none. */
  bind: string | null;
}

/** The name is taken by a credential that is in force. */
export class DeviceTaken extends Error {
  override readonly name = 'DeviceTaken';
}

/**
 * Credentials of devices. They have a revision of their own that grows with every change of what a device may
 * do, so that each process sees that of another; where a device was seen changes nothing of it.
 */
export class DeviceStore {
  readonly #db: Database;
  readonly #audit: AuditStore;
  readonly #now: () => number;

  /** @param now the clock of the audit trail, epoch ms */
  constructor(db: Database, audit: AuditStore, now: () => number) {
    this.#db = db;
    this.#audit = audit;
    this.#now = now;
  }

  /** Another number than before once another process may have written. Costs next to nothing. */
  mark(): number {
    return this.#db.mark();
  }

  /** @throws CatalogueUnavailable */
  revision(): number {
    const row = this.#db.prepare("SELECT value FROM setting WHERE name = 'device_revision'").get();
    return Number(row?.value);
  }

  /** All of them as of one revision, revoked ones too, in the order in which they were made. */
  all(): { revision: number; devices: StoredDevice[] } {
    return this.#db.read(() => ({
      revision: this.revision(),
      devices: this.#db.prepare('SELECT * FROM device ORDER BY no').all().map(deviceOf),
    }));
  }

  /** Adds them, all or none; one that was revoked makes room for another of its name. @throws DeviceTaken */
  add(devices: readonly NewDevice[]): void {
    this.#change(() => {
      const known = this.#db.prepare('SELECT revoked_at FROM device WHERE name = ?');
      const drop = this.#db.prepare('DELETE FROM device WHERE name = ?');
      const insert = this.#db.prepare(
        `INSERT INTO device (name, kind, subject, topics, below, meters, client_id, hash, broker_hash, issued_at,
           created_at, created_by, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      );
      for (const d of devices) {
        const before = known.get(d.name);
        if (before && before.revoked_at === null) throw new DeviceTaken(d.name);
        if (before) drop.run(d.name);
        insert.run(
          ...[d.name, d.kind, d.subject, JSON.stringify(d.topics), d.below, JSON.stringify(d.meters)],
          ...[d.clientId, d.hash, d.brokerHash, d.createdAt, d.createdAt, d.createdBy, d.expiresAt],
        );
      }
      return devices.map(({ name, kind, subject, topics, below, meters, expiresAt, createdBy }) => ({
        ...{ action: 'device.create', target: `device/${name}`, before: null },
        after: { kind, subject, topics, below, meters, expires_at: expiresAt, by: createdBy },
      }));
    });
  }

  /** Gives it another secret; the one so far holds until `oldUntil`, or no longer where that is null. */
  rotate(
    no: number,
    to: Pick<StoredDevice, 'hash' | 'brokerHash' | 'issuedAt' | 'oldUntil'> & { expiresAt?: number | null },
  ): void {
    const { hash, brokerHash, issuedAt, oldUntil, expiresAt } = to;
    this.#change(() => {
      this.#run(
        `UPDATE device SET old_hash = CASE WHEN ? = 1 THEN hash END, old_until = ?, hash = ?, broker_hash = ?,
           issued_at = ? WHERE no = ?`,
        ...[oldUntil === null ? 0 : 1, oldUntil, hash, brokerHash, issuedAt, no],
      );
      if (expiresAt !== undefined) this.#run('UPDATE device SET expires_at = ? WHERE no = ?', expiresAt, no);
      return [this.#note(no, 'device.rotate', { old_until: oldUntil, expires_at: expiresAt })];
    });
  }

  revoke(no: number, by: string, at: number): void {
    this.#change(() => {
      this.#run(
        'UPDATE device SET revoked_at = ?, revoked_by = ? WHERE no = ? AND revoked_at IS NULL',
        ...[at, by, no],
      );
      return [this.#note(no, 'device.revoke', { by })];
    });
  }

  /** Forgets the client id, so that the next one that signs in is bound: the device was exchanged. */
  unbind(no: number): void {
    this.#change(() => {
      this.#run('UPDATE device SET client_id = NULL WHERE no = ?', no);
      return [this.#note(no, 'device.unbind', { client_id: null })];
    });
  }

  seen(sightings: readonly Sighting[]): void {
    const write = (): AuditNote[] => {
      const notes: AuditNote[] = [];
      for (const { no, at, from, bind } of sightings) {
        this.#run('UPDATE device SET seen_at = ?, seen_from = ? WHERE no = ?', at, from, no);
        if (bind === null) continue;
        this.#run('UPDATE device SET client_id = ? WHERE no = ? AND client_id IS NULL', bind, no);
        notes.push(this.#note(no, 'device.bind', { client_id: bind, from }));
      }
      return notes;
    };
    if (sightings.some((s) => s.bind !== null)) this.#change(write);
    else if (sightings.length > 0) this.#db.write(write);
  }

  #run(sql: string, ...values: Value[]): void {
    this.#db.prepare(sql).run(...values);
  }

  #note(no: number, action: string, after: object): AuditNote {
    const name = this.#db.prepare('SELECT name FROM device WHERE no = ?').get(no)?.name;
    return { action, target: `device/${String(name)}`, after };
  }

  /** @param work does it and says what it did */
  #change(work: () => AuditNote[]): void {
    this.#db.write(() => {
      this.#audit.addNotes(work(), this.#now());
      this.#run("UPDATE setting SET value = ? WHERE name = 'device_revision'", String(this.revision() + 1));
    });
  }
}

function deviceOf(row: Row): StoredDevice {
  return {
    no: row.no as number,
    name: row.name as string,
    kind: row.kind as DeviceKind,
    subject: row.subject as string | null,
    topics: JSON.parse(row.topics as string) as string[],
    below: row.below as string | null,
    meters: JSON.parse(row.meters as string) as string[],
    clientId: row.client_id as string | null,
    hash: row.hash as string,
    brokerHash: row.broker_hash as string,
    issuedAt: row.issued_at as number,
    oldHash: row.old_hash as string | null,
    oldUntil: row.old_until as number | null,
    createdAt: row.created_at as number,
    createdBy: row.created_by as string,
    expiresAt: row.expires_at as number | null,
    revokedAt: row.revoked_at as number | null,
    revokedBy: row.revoked_by as string | null,
    seenAt: row.seen_at as number | null,
    seenFrom: row.seen_from as string | null,
  };
}
