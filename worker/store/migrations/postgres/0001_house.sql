-- Instants are UTC text of one width (RFC 3339, microseconds), so that they sort as text. Hashes are BLAKE3, 32 bytes.

-- Running numbers, taken inside the transaction that uses them.
CREATE TABLE counter (
    name  text COLLATE "C" PRIMARY KEY,
    value bigint NOT NULL
);

-- Small facts about the whole, such as the fingerprint of the mappings last applied.
CREATE TABLE fact (
    name  text COLLATE "C" PRIMARY KEY,
    value text COLLATE "C" NOT NULL
);

CREATE TABLE lease (
    resource   text COLLATE "C" PRIMARY KEY,
    epoch      bigint NOT NULL,
    worker     text COLLATE "C" NOT NULL,
    expires_at text COLLATE "C" NOT NULL
);

CREATE TABLE run (
    id             bigint PRIMARY KEY,
    kind           text COLLATE "C" NOT NULL,
    source         text COLLATE "C" NOT NULL,
    state          text COLLATE "C" NOT NULL,
    attempts       bigint NOT NULL,
    attempts_max   bigint NOT NULL,
    queued_at      text COLLATE "C" NOT NULL,
    due_at         text COLLATE "C" NOT NULL,
    started_at     text COLLATE "C",
    finished_at    text COLLATE "C",
    error          text COLLATE "C",
    lease_resource text COLLATE "C",
    lease_epoch    bigint
);
CREATE INDEX run_by_state ON run (state, due_at);

-- Conservation: rows_read = rows_new + rows_changed + rows_unchanged + rows_set_aside.
CREATE TABLE ledger (
    run            bigint NOT NULL REFERENCES run (id),
    place          text COLLATE "C" NOT NULL,
    rows_read      bigint NOT NULL,
    rows_new       bigint NOT NULL,
    rows_changed   bigint NOT NULL,
    rows_unchanged bigint NOT NULL,
    rows_set_aside bigint NOT NULL,
    PRIMARY KEY (run, place)
);

CREATE TABLE refusal (
    run    bigint NOT NULL REFERENCES run (id),
    field  text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    times  bigint NOT NULL,
    PRIMARY KEY (run, field, reason)
);

CREATE TABLE finding (
    run     bigint NOT NULL REFERENCES run (id),
    kind    text COLLATE "C" NOT NULL,
    place   text COLLATE "C" NOT NULL,
    message text COLLATE "C" NOT NULL,
    PRIMARY KEY (run, kind, place, message)
);

CREATE TABLE stage (
    run     bigint NOT NULL REFERENCES run (id),
    name    text COLLATE "C" NOT NULL,
    seconds double precision NOT NULL,
    PRIMARY KEY (run, name)
);

CREATE TABLE source_cursor (
    source     text COLLATE "C" PRIMARY KEY,
    position   text COLLATE "C" NOT NULL,
    run        bigint NOT NULL REFERENCES run (id),
    updated_at text COLLATE "C" NOT NULL
);

CREATE TABLE header (
    hash  bytea PRIMARY KEY,
    names text COLLATE "C" NOT NULL
);

-- Append-only: what passed the door, each version once.
CREATE TABLE raw_record (
    id         bigint PRIMARY KEY,
    source     text COLLATE "C" NOT NULL,
    raw_key    text COLLATE "C" NOT NULL,
    version    text COLLATE "C" NOT NULL,
    hash       bytea NOT NULL,
    mapping    text COLLATE "C" NOT NULL,
    place      text COLLATE "C" NOT NULL,
    line       bigint NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    header     bytea,
    body       text COLLATE "C",
    subject    text COLLATE "C",
    run        bigint NOT NULL,
    first_seen text COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX raw_record_once ON raw_record (source, raw_key, hash);

-- The version of each key that counts, max (version, hash), and what the mapping made of it (JSON of a mapped record).
CREATE TABLE current_record (
    raw_id  bigint PRIMARY KEY,
    source  text COLLATE "C" NOT NULL,
    subject text COLLATE "C",
    mapped  text COLLATE "C"
);
CREATE INDEX current_record_by_subject ON current_record (source, subject, raw_id) WHERE subject IS NOT NULL;

-- What is wrong with values of current records.
CREATE TABLE issue (
    raw_id      bigint NOT NULL,
    ordinal     bigint NOT NULL,
    source      text COLLATE "C" NOT NULL,
    place       text COLLATE "C" NOT NULL,
    line        bigint NOT NULL,
    column_name text COLLATE "C" NOT NULL,
    kind        text COLLATE "C" NOT NULL,
    message     text COLLATE "C" NOT NULL,
    PRIMARY KEY (raw_id, ordinal)
);

CREATE TABLE dead_letter (
    source      text COLLATE "C" NOT NULL,
    place       text COLLATE "C" NOT NULL,
    line        bigint NOT NULL,
    kind        text COLLATE "C" NOT NULL,
    column_name text COLLATE "C" NOT NULL,
    message     text COLLATE "C" NOT NULL,
    run         bigint NOT NULL REFERENCES run (id),
    first_seen  text COLLATE "C" NOT NULL,
    resolved_at text COLLATE "C",
    PRIMARY KEY (source, place, line, kind, column_name)
);

CREATE TABLE link_run (
    id         bigint PRIMARY KEY,
    run        bigint NOT NULL REFERENCES run (id),
    model      text COLLATE "C" NOT NULL,
    model_hash bytea NOT NULL,
    begun_at   text COLLATE "C" NOT NULL,
    is_current bigint NOT NULL
);

-- Evidence of the current link run: left is the smaller record.
CREATE TABLE pair (
    link_run     bigint NOT NULL,
    left_source  text COLLATE "C" NOT NULL,
    left_key     text COLLATE "C" NOT NULL,
    right_source text COLLATE "C" NOT NULL,
    right_key    text COLLATE "C" NOT NULL,
    weight       double precision NOT NULL,
    probability  double precision NOT NULL,
    decision     text COLLATE "C" NOT NULL,
    comparisons  text COLLATE "C" NOT NULL,
    vetoes       text COLLATE "C" NOT NULL,
    PRIMARY KEY (link_run, left_source, left_key, right_source, right_key)
);
CREATE INDEX pair_by_right ON pair (link_run, right_source, right_key);

CREATE TABLE identity (
    number               bigint PRIMARY KEY,
    survivor             bigint,
    link_probability_min double precision,
    members              bigint NOT NULL
);

-- A record that is in no cluster any more keeps its identity with is_present = 0, and finds it again when it returns.
CREATE TABLE membership (
    source     text COLLATE "C" NOT NULL,
    record_key text COLLATE "C" NOT NULL,
    identity   bigint NOT NULL,
    is_present bigint NOT NULL,
    PRIMARY KEY (source, record_key)
);
CREATE INDEX membership_by_identity ON membership (identity);

-- Append-only: what became of an identity, and by which run.
CREATE TABLE identity_change (
    id         bigint PRIMARY KEY,
    identity   bigint NOT NULL,
    change     text COLLATE "C" NOT NULL,
    other      bigint,
    records    bigint NOT NULL,
    run        bigint NOT NULL REFERENCES run (id),
    changed_at text COLLATE "C" NOT NULL
);
CREATE INDEX identity_change_by_identity ON identity_change (identity);

CREATE TABLE history (
    identity   bigint PRIMARY KEY,
    hash       bytea NOT NULL,
    body       text COLLATE "C" NOT NULL,
    run        bigint NOT NULL REFERENCES run (id),
    written_at text COLLATE "C" NOT NULL
);

CREATE TABLE event (
    identity       bigint NOT NULL,
    ordinal        bigint NOT NULL,
    kind           text COLLATE "C" NOT NULL,
    event_date     text COLLATE "C",
    product        text COLLATE "C",
    sources        text COLLATE "C" NOT NULL,
    mentioned_only bigint NOT NULL,
    PRIMARY KEY (identity, ordinal)
);

-- By what a person can be looked for: birth date, sex, facility, every telling of each.
CREATE TABLE person_index (
    attribute text COLLATE "C" NOT NULL,
    value     text COLLATE "C" NOT NULL,
    identity  bigint NOT NULL,
    PRIMARY KEY (attribute, value, identity)
);
CREATE INDEX person_index_by_identity ON person_index (identity);

CREATE TABLE published_release (
    id         bigint PRIMARY KEY,
    profile    text COLLATE "C" NOT NULL,
    hash       bytea NOT NULL,
    manifest   text COLLATE "C" NOT NULL,
    run        bigint NOT NULL REFERENCES run (id),
    created_at text COLLATE "C" NOT NULL
);
