-- Instants are UTC text of one width (RFC 3339, microseconds), so that they sort as text. Hashes are BLAKE3, 32 bytes.

-- Running numbers, taken inside the transaction that uses them.
CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Small facts about the whole, such as the fingerprint of the mappings last applied.
CREATE TABLE fact (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lease (
    resource   TEXT PRIMARY KEY,
    epoch      INTEGER NOT NULL,
    worker     TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    id             INTEGER PRIMARY KEY,
    kind           TEXT NOT NULL,
    source         TEXT NOT NULL,
    state          TEXT NOT NULL,
    attempts       INTEGER NOT NULL,
    attempts_max   INTEGER NOT NULL,
    queued_at      TEXT NOT NULL,
    due_at         TEXT NOT NULL,
    started_at     TEXT,
    finished_at    TEXT,
    error          TEXT,
    lease_resource TEXT,
    lease_epoch    INTEGER
) STRICT;
CREATE INDEX run_by_state ON run (state, due_at);

-- Conservation: rows_read = rows_new + rows_changed + rows_unchanged + rows_set_aside.
CREATE TABLE ledger (
    run            INTEGER NOT NULL REFERENCES run (id),
    place          TEXT NOT NULL,
    rows_read      INTEGER NOT NULL,
    rows_new       INTEGER NOT NULL,
    rows_changed   INTEGER NOT NULL,
    rows_unchanged INTEGER NOT NULL,
    rows_set_aside INTEGER NOT NULL,
    PRIMARY KEY (run, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE refusal (
    run    INTEGER NOT NULL REFERENCES run (id),
    field  TEXT NOT NULL,
    reason TEXT NOT NULL,
    times  INTEGER NOT NULL,
    PRIMARY KEY (run, field, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE finding (
    run     INTEGER NOT NULL REFERENCES run (id),
    kind    TEXT NOT NULL,
    place   TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (run, kind, place, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE stage (
    run     INTEGER NOT NULL REFERENCES run (id),
    name    TEXT NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_cursor (
    source     TEXT PRIMARY KEY,
    position   TEXT NOT NULL,
    run        INTEGER NOT NULL REFERENCES run (id),
    updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE header (
    hash  BLOB PRIMARY KEY,
    names TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Append-only: what passed the door, each version once.
CREATE TABLE raw_record (
    id         INTEGER PRIMARY KEY,
    source     TEXT NOT NULL,
    raw_key    TEXT NOT NULL,
    version    TEXT NOT NULL,
    hash       BLOB NOT NULL,
    mapping    TEXT NOT NULL,
    place      TEXT NOT NULL,
    line       INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    header     BLOB,
    body       TEXT,
    subject    TEXT,
    run        INTEGER NOT NULL,
    first_seen TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX raw_record_once ON raw_record (source, raw_key, hash);

-- The version of each key that counts, max (version, hash), and what the mapping made of it (JSON of a mapped record).
CREATE TABLE current_record (
    raw_id  INTEGER PRIMARY KEY,
    source  TEXT NOT NULL,
    subject TEXT,
    mapped  TEXT
) STRICT;
CREATE INDEX current_record_by_subject ON current_record (source, subject) WHERE subject IS NOT NULL;

-- What is wrong with values of current records.
CREATE TABLE issue (
    raw_id      INTEGER NOT NULL,
    ordinal     INTEGER NOT NULL,
    source      TEXT NOT NULL,
    place       TEXT NOT NULL,
    line        INTEGER NOT NULL,
    column_name TEXT NOT NULL,
    kind        TEXT NOT NULL,
    message     TEXT NOT NULL,
    PRIMARY KEY (raw_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letter (
    source      TEXT NOT NULL,
    place       TEXT NOT NULL,
    line        INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    column_name TEXT NOT NULL,
    message     TEXT NOT NULL,
    run         INTEGER NOT NULL REFERENCES run (id),
    first_seen  TEXT NOT NULL,
    resolved_at TEXT,
    PRIMARY KEY (source, place, line, kind, column_name)
) STRICT, WITHOUT ROWID;

CREATE TABLE link_run (
    id         INTEGER PRIMARY KEY,
    run        INTEGER NOT NULL REFERENCES run (id),
    model      TEXT NOT NULL,
    model_hash BLOB NOT NULL,
    begun_at   TEXT NOT NULL,
    is_current INTEGER NOT NULL
) STRICT;

-- Evidence of the current link run: left is the smaller record.
CREATE TABLE pair (
    link_run     INTEGER NOT NULL,
    left_source  TEXT NOT NULL,
    left_key     TEXT NOT NULL,
    right_source TEXT NOT NULL,
    right_key    TEXT NOT NULL,
    weight       REAL NOT NULL,
    probability  REAL NOT NULL,
    decision     TEXT NOT NULL,
    comparisons  TEXT NOT NULL,
    vetoes       TEXT NOT NULL,
    PRIMARY KEY (link_run, left_source, left_key, right_source, right_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX pair_by_right ON pair (link_run, right_source, right_key);

CREATE TABLE identity (
    number               INTEGER PRIMARY KEY,
    survivor             INTEGER,
    link_probability_min REAL,
    members              INTEGER NOT NULL
) STRICT;

-- A record that is in no cluster any more keeps its identity with is_present = 0, and finds it again when it returns.
CREATE TABLE membership (
    source     TEXT NOT NULL,
    record_key TEXT NOT NULL,
    identity   INTEGER NOT NULL,
    is_present INTEGER NOT NULL,
    PRIMARY KEY (source, record_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_by_identity ON membership (identity);

-- Append-only: what became of an identity, and by which run.
CREATE TABLE identity_change (
    id         INTEGER PRIMARY KEY,
    identity   INTEGER NOT NULL,
    change     TEXT NOT NULL,
    other      INTEGER,
    records    INTEGER NOT NULL,
    run        INTEGER NOT NULL REFERENCES run (id),
    changed_at TEXT NOT NULL
) STRICT;
CREATE INDEX identity_change_by_identity ON identity_change (identity);

CREATE TABLE history (
    identity   INTEGER PRIMARY KEY,
    hash       BLOB NOT NULL,
    body       TEXT NOT NULL,
    run        INTEGER NOT NULL REFERENCES run (id),
    written_at TEXT NOT NULL
) STRICT;

CREATE TABLE event (
    identity       INTEGER NOT NULL,
    ordinal        INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    event_date     TEXT,
    product        TEXT,
    sources        TEXT NOT NULL,
    mentioned_only INTEGER NOT NULL,
    PRIMARY KEY (identity, ordinal)
) STRICT, WITHOUT ROWID;

-- By what a person can be looked for: birth date, sex, facility, every telling of each.
CREATE TABLE person_index (
    attribute TEXT NOT NULL,
    value     TEXT NOT NULL,
    identity  INTEGER NOT NULL,
    PRIMARY KEY (attribute, value, identity)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_index_by_identity ON person_index (identity);

CREATE TABLE published_release (
    id         INTEGER PRIMARY KEY,
    profile    TEXT NOT NULL,
    hash       BLOB NOT NULL,
    manifest   TEXT NOT NULL,
    run        INTEGER NOT NULL REFERENCES run (id),
    created_at TEXT NOT NULL
) STRICT;
