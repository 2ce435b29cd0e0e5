/**
 * One entry per schema version, in order; `PRAGMA user_version` says how many a file has seen. An entry
 * that was released is never edited: a change is a new entry, so that an upgraded file and a fresh one
 * have the same schema.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO setting VALUES ('timezone', 'Asia/Shanghai'), ('revision', '0');

  CREATE TABLE change (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    author TEXT NOT NULL,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    before TEXT,
    after TEXT NOT NULL,
    recompute INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX change_of ON change (kind, id, no);
  CREATE INDEX change_recompute ON change (revision) WHERE recompute = 1;

  CREATE TABLE node (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    parent TEXT REFERENCES node (id) DEFERRABLE INITIALLY DEFERRED
  ) STRICT;
  CREATE INDEX node_parent ON node (parent);

  CREATE TABLE node_attribute (
    node INTEGER NOT NULL REFERENCES node (no),
    name TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (node, name, valid_from)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE meter (
    no INTEGER PRIMARY KEY AUTOINCREMENT CHECK (no >= 1),
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    node TEXT NOT NULL REFERENCES node (id) DEFERRABLE INITIALLY DEFERRED,
    carrier TEXT NOT NULL,
    item TEXT,
    parent TEXT REFERENCES meter (id) DEFERRABLE INITIALLY DEFERRED,
    register TEXT NOT NULL,
    unit TEXT NOT NULL,
    interval_s INTEGER NOT NULL CHECK (interval_s > 0),
    interval_label TEXT NOT NULL,
    address TEXT
  ) STRICT;
  CREATE INDEX meter_node ON meter (node);
  CREATE INDEX meter_parent ON meter (parent);

  CREATE TABLE meter_epoch (
    meter INTEGER NOT NULL REFERENCES meter (no),
    seq INTEGER NOT NULL,
    from_ms INTEGER CHECK (seq = 0 OR from_ms IS NOT NULL),
    initial REAL,
    final REAL,
    multiplier REAL NOT NULL CHECK (multiplier > 0),
    rollover_at REAL CHECK (rollover_at > 0),
    max_rate REAL CHECK (max_rate > 0),
    note TEXT,
    PRIMARY KEY (meter, seq)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE gateway (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    node TEXT REFERENCES node (id) DEFERRABLE INITIALLY DEFERRED
  ) STRICT;
  CREATE INDEX gateway_node ON gateway (node);

  CREATE TABLE payload_profile (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
  ) STRICT;
  `,
  `
  ALTER TABLE meter ADD COLUMN direction TEXT NOT NULL DEFAULT 'in';
  ALTER TABLE meter ADD COLUMN volatile INTEGER NOT NULL DEFAULT 0;
  -- Where the upstream meter is a virtual one; parent is empty then.
  ALTER TABLE meter ADD COLUMN virtual_parent TEXT REFERENCES virtual_meter (id) DEFERRABLE INITIALLY DEFERRED;
  CREATE INDEX meter_virtual_parent ON meter (virtual_parent);

  ALTER TABLE meter_epoch ADD COLUMN continues INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE meter_epoch ADD COLUMN recorded_by TEXT;
  ALTER TABLE meter_epoch ADD COLUMN recorded_at INTEGER;

  CREATE TABLE virtual_meter (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    node TEXT NOT NULL REFERENCES node (id) DEFERRABLE INITIALLY DEFERRED,
    carrier TEXT NOT NULL,
    item TEXT,
    -- Of a real meter or a virtual one.
    parent TEXT,
    plus TEXT NOT NULL,
    minus TEXT NOT NULL
  ) STRICT;
  CREATE INDEX virtual_meter_node ON virtual_meter (node);

  CREATE TABLE learned_ceiling (
    meter INTEGER PRIMARY KEY REFERENCES meter (no),
    rate REAL NOT NULL CHECK (rate > 0),
    learned_at INTEGER NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    steps INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE statement (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    meter INTEGER NOT NULL REFERENCES meter (no),
    kind TEXT NOT NULL CHECK (kind IN ('manual_reading', 'estimate')),
    from_ms INTEGER NOT NULL,
    to_ms INTEGER CHECK ((kind = 'estimate') = (to_ms IS NOT NULL)),
    amount REAL NOT NULL CHECK (amount >= 0),
    reason TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    withdrawn_by TEXT,
    withdrawn_at INTEGER,
    withdrawn_reason TEXT
  ) STRICT;
  CREATE INDEX statement_meter ON statement (meter);
  CREATE TRIGGER statement_deleted BEFORE DELETE ON statement
  BEGIN SELECT RAISE(ABORT, 'a statement is never deleted'); END;
  CREATE TRIGGER statement_edited BEFORE UPDATE ON statement
  WHEN OLD.withdrawn_at IS NOT NULL OR
    (OLD.no, OLD.meter, OLD.kind, OLD.from_ms, OLD.to_ms, OLD.amount, OLD.reason, OLD.recorded_by, OLD.recorded_at)
    IS NOT
    (NEW.no, NEW.meter, NEW.kind, NEW.from_ms, NEW.to_ms, NEW.amount, NEW.reason, NEW.recorded_by, NEW.recorded_at)
  BEGIN SELECT RAISE(ABORT, 'a statement is never edited, only withdrawn'); END;

  CREATE INDEX change_revision ON change (revision, id);
  `,
  `
  ALTER TABLE node_attribute ADD COLUMN source TEXT;
  ALTER TABLE node_attribute ADD COLUMN author TEXT;
  ALTER TABLE node_attribute ADD COLUMN recorded_at INTEGER;
  -- Type, level, climate zone and region of a node, as JSON.
  ALTER TABLE node ADD COLUMN classification TEXT;

  -- Schemes, factors, quotas, targets and what belongs to them: whole documents, checked by their kind.
  CREATE TABLE policy (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What people enter of a month (台账). A change is a new row; the newest of a key is in force.
  CREATE TABLE book_record (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    node TEXT NOT NULL REFERENCES node (id) DEFERRABLE INITIALLY DEFERRED,
    carrier TEXT NOT NULL,
    -- Empty: of none.
    account TEXT NOT NULL,
    vehicle TEXT NOT NULL CHECK (account = '' OR vehicle = ''),
    month TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    quantity REAL CHECK (quantity >= 0),
    unit TEXT NOT NULL,
    cost REAL CHECK (cost >= 0),
    period_from TEXT,
    period_to TEXT CHECK ((period_from IS NULL) = (period_to IS NULL)),
    meter_number TEXT,
    collected_by TEXT,
    collected_on TEXT,
    note TEXT,
    author TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    source TEXT NOT NULL
  ) STRICT;
  CREATE INDEX book_record_key ON book_record (node, month, carrier, account, vehicle);
  CREATE TRIGGER book_record_edited BEFORE UPDATE ON book_record
  BEGIN SELECT RAISE(ABORT, 'a record of the book is never edited'); END;
  CREATE TRIGGER book_record_deleted BEFORE DELETE ON book_record
  BEGIN SELECT RAISE(ABORT, 'a record of the book is never deleted'); END;

  -- Why a bill differs from the meters; of a record, so that another bill needs another explanation.
  CREATE TABLE book_explanation (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    record INTEGER NOT NULL REFERENCES book_record (no),
    text TEXT NOT NULL,
    author TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX book_explanation_record ON book_explanation (record);

  -- Photographed bills and receipts of a key, whichever record is in force.
  CREATE TABLE book_attachment (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    node TEXT NOT NULL REFERENCES node (id) DEFERRABLE INITIALLY DEFERRED,
    carrier TEXT NOT NULL,
    account TEXT NOT NULL,
    vehicle TEXT NOT NULL,
    month TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    content BLOB NOT NULL,
    author TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    removed_by TEXT,
    removed_at INTEGER
  ) STRICT;
  CREATE INDEX book_attachment_key ON book_attachment (node, month);
  `,
  `
  -- What is filed with the bureau. last_month: of the period, 2026-12.
  CREATE TABLE filing (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    node TEXT NOT NULL REFERENCES node (id) DEFERRABLE INITIALLY DEFERRED,
    form TEXT NOT NULL,
    period TEXT NOT NULL,
    last_month TEXT NOT NULL,
    UNIQUE (node, form, period)
  ) STRICT;
  CREATE INDEX filing_month ON filing (last_month);

  -- frozen: of a submission the documents as they were, compressed; hash: SHA-256 of what they are unpacked.
  CREATE TABLE filing_step (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    filing INTEGER NOT NULL REFERENCES filing (no),
    action TEXT NOT NULL,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    remark TEXT NOT NULL,
    hash TEXT CHECK ((action = 'submit') = (hash IS NOT NULL)),
    frozen BLOB CHECK ((hash IS NULL) = (frozen IS NULL))
  ) STRICT;
  CREATE INDEX filing_step_filing ON filing_step (filing);
  CREATE TRIGGER filing_step_deleted BEFORE DELETE ON filing_step
  BEGIN SELECT RAISE(ABORT, 'a step of a filing is never deleted'); END;
  CREATE TRIGGER filing_step_edited BEFORE UPDATE ON filing_step
  BEGIN SELECT RAISE(ABORT, 'a step of a filing is never edited'); END;

  CREATE TABLE check_explanation (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    node TEXT NOT NULL REFERENCES node (id) DEFERRABLE INITIALLY DEFERRED,
    month TEXT NOT NULL,
    check_id TEXT NOT NULL,
    text TEXT NOT NULL,
    by TEXT NOT NULL,
    at INTEGER NOT NULL,
    figure TEXT NOT NULL
  ) STRICT;
  CREATE INDEX check_explanation_of ON check_explanation (node, month, check_id, no);
  CREATE TRIGGER check_explanation_deleted BEFORE DELETE ON check_explanation
  BEGIN SELECT RAISE(ABORT, 'an explanation is never deleted'); END;
  CREATE TRIGGER check_explanation_edited BEFORE UPDATE ON check_explanation
  BEGIN SELECT RAISE(ABORT, 'an explanation is never edited'); END;
  `,
  `
  -- What sends readings may sign in with these. kind: meter, gateway or topics; subject: id of the meter or gateway.
  -- topics, meters: JSON lists. Secrets are not here, only what they are known by.
  CREATE TABLE device (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    subject TEXT CHECK ((kind = 'topics') = (subject IS NULL)),
    topics TEXT NOT NULL,
    below TEXT,
    meters TEXT NOT NULL,
    client_id TEXT,
    hash TEXT NOT NULL,
    broker_hash TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    old_hash TEXT,
    old_until INTEGER CHECK ((old_hash IS NULL) = (old_until IS NULL)),
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    revoked_by TEXT CHECK ((revoked_at IS NULL) = (revoked_by IS NULL)),
    seen_at INTEGER,
    seen_from TEXT
  ) STRICT;
  -- Grows with every change of a device's rights, so that every process sees it.
  INSERT INTO setting VALUES ('device_revision', '0');
  `,
  `
  -- The audit trail: one chain, in which each row holds the hash of the one before it. Rows leave it only into an
  -- archive that was written down first.
  CREATE TABLE audit (
    no INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    count INTEGER NOT NULL CHECK (count >= 1),
    kind TEXT NOT NULL,
    who TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    request TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    before TEXT,
    after TEXT,
    outcome TEXT NOT NULL,
    status INTEGER,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_at ON audit (at);
  CREATE INDEX audit_who ON audit (who, no);
  CREATE INDEX audit_action ON audit (action, no);
  CREATE INDEX audit_target ON audit (target, no);
  CREATE TABLE audit_archive (
    last_no INTEGER PRIMARY KEY,
    first_no INTEGER NOT NULL,
    last_hash TEXT NOT NULL,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE TRIGGER audit_edited BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit trail is never edited'); END;
  CREATE TRIGGER audit_deleted BEFORE DELETE ON audit
  WHEN OLD.no > (SELECT coalesce(max(last_no), 0) FROM audit_archive)
  BEGIN SELECT RAISE(ABORT, 'the audit trail is never deleted, only archived'); END;
  CREATE TRIGGER audit_archive_edited BEFORE UPDATE ON audit_archive
  BEGIN SELECT RAISE(ABORT, 'the record of an archive is never edited'); END;
  CREATE TRIGGER audit_archive_deleted BEFORE DELETE ON audit_archive
  BEGIN SELECT RAISE(ABORT, 'the record of an archive is never deleted'); END;
  `,
  `
  CREATE TABLE person (
    id TEXT PRIMARY KEY,
    -- What they sign in with.
    account TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    -- argon2id, with its salt and costs.
    password TEXT NOT NULL,
    password_at INTEGER NOT NULL,
    must_change INTEGER NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    signed_in_at INTEGER,
    -- Secrets of the second factor, sealed with the key of the data directory: the one in force, and one that is
    -- not confirmed yet.
    factor TEXT,
    factor_begun TEXT,
    -- The last step of 30 s whose code was used.
    factor_step INTEGER NOT NULL DEFAULT 0,
    preferences TEXT NOT NULL
  ) STRICT;
  CREATE TABLE person_grant (
    person TEXT NOT NULL REFERENCES person (id),
    role TEXT NOT NULL,
    -- Empty: on everything.
    node TEXT NOT NULL,
    granted_by TEXT NOT NULL,
    granted_at INTEGER NOT NULL,
    PRIMARY KEY (person, role, node)
  ) STRICT;
  -- Passwords that were in force before.
  CREATE TABLE person_password (
    person TEXT NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,
    password TEXT NOT NULL,
    PRIMARY KEY (person, password)
  ) STRICT;
  CREATE TABLE person_code (
    person TEXT NOT NULL REFERENCES person (id),
    hash TEXT NOT NULL,
    PRIMARY KEY (person, hash)
  ) STRICT;
  -- Browsers, and addresses, that an account was used from.
  CREATE TABLE person_browser (
    hash TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    address TEXT NOT NULL,
    seen_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX person_browser_of ON person_browser (person, seen_at);
  -- Of a token only its hash is kept.
  CREATE TABLE session (
    hash TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    person TEXT NOT NULL REFERENCES person (id),
    stage TEXT NOT NULL CHECK (stage IN ('factor', 'open')),
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL
  ) STRICT;
  CREATE INDEX session_of ON session (person);
  CREATE TABLE access_token (
    hash TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    person TEXT NOT NULL REFERENCES person (id),
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
  ) STRICT;
  CREATE INDEX access_token_of ON access_token (person);
  CREATE TABLE setup_link (
    hash TEXT PRIMARY KEY,
    until INTEGER NOT NULL
  ) STRICT;
  -- Grows with every change of a person, a grant, a sign-in or a token, so that every process sees it.
  INSERT INTO setting VALUES ('access_revision', '0');
  `,
];

/** Schema that this program writes. */
export const CATALOGUE_SCHEMA = MIGRATIONS.length;
