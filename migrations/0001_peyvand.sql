-- Peyvand's one commit point. Money is integer rials in bigint. National codes are bigint (ten digits, leading zeros
-- restored on read). Solar dates are text YYYY-MM-DD, which sorts in calendar order. Instants are timestamptz.

-- Private values of the installation: the secret of its ids, the number of relay shards.
CREATE TABLE installation (
    name  text PRIMARY KEY,
    value text NOT NULL
);

-- Every version of the tables of the law that was ever in force here, to recompute decisions years later (R23).
CREATE TABLE law_tables (
    version text PRIMARY KEY,
    body    text NOT NULL
);

-- The next source offset of each input partition. It advances by compare-and-set in the batch's transaction.
CREATE TABLE input_offsets (
    topic       text   NOT NULL,
    partition   int    NOT NULL,
    next_offset bigint NOT NULL,
    -- Messages whose key belongs in another partition.
    misrouted   bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

-- One row for every national code that any input names. The row lock is the lock of the person. The dossier contains
-- the record, employments, wage history and earlier payments in packed form: they are always read and decided together.
CREATE TABLE persons (
    code          bigint PRIMARY KEY,
    insured       boolean NOT NULL DEFAULT false,
    branch_code   text,
    province_code text,
    dossier       bytea COMPRESSION lz4
) WITH (fillfactor = 80);

CREATE TABLE marriages (
    record_id      text COLLATE "C" PRIMARY KEY,
    record_version bigint NOT NULL,
    husband        bigint,
    wife           bigint,
    content        text NOT NULL
);
CREATE INDEX marriages_husband ON marriages (husband) WHERE husband IS NOT NULL;
CREATE INDEX marriages_wife ON marriages (wife) WHERE wife IS NOT NULL;

CREATE TABLE self_registrations (
    request_id    text COLLATE "C" NOT NULL,
    applicant     bigint  NOT NULL,
    spouse        bigint  NOT NULL,
    submitted_at  timestamptz NOT NULL,
    deed_date     text COLLATE "C" NOT NULL,
    undertaking   boolean NOT NULL,
    source_offset bigint  NOT NULL,
    PRIMARY KEY (applicant, request_id)
);

-- A benefit for one person and one marriage, with the latest answer.
CREATE TABLE claims (
    claim_id       uuid NOT NULL,
    benefit        text NOT NULL,
    person         bigint NOT NULL,
    deed_date      text COLLATE "C" NOT NULL,
    spouse         bigint,
    unnamed_record text COLLATE "C",
    record_id      text COLLATE "C",
    request_id     text COLLATE "C",
    revision       int NOT NULL,
    outcome        text NOT NULL,
    amount         bigint CHECK (amount >= 0),
    reasons        text[] NOT NULL,
    withdrawn      boolean NOT NULL,
    decision_id    uuid NOT NULL,
    facts_digest   bytea NOT NULL,
    answer_digest  bytea NOT NULL,
    working_digest bytea NOT NULL,
    review_digest  bytea,
    review_waits   boolean NOT NULL DEFAULT false,
    CHECK ((spouse IS NULL) <> (unnamed_record IS NULL)),
    -- An id is derived from its person, so this key is as unique as the id alone. It also serves lookups by person.
    PRIMARY KEY (person, claim_id)
) WITH (fillfactor = 80);

-- Every published revision with its inputs, kept permanently. The id is derived from claim and revision.
CREATE TABLE decisions (
    decision_id    uuid PRIMARY KEY,
    claim_id       uuid NOT NULL,
    revision       int NOT NULL,
    outcome        text NOT NULL,
    amount         bigint,
    reasons        text[] NOT NULL,
    days           int,
    wage_sum       bigint,
    -- Encoded by `claim::facts`; small enough to need no compression.
    facts          bytea NOT NULL,
    content_digest bytea NOT NULL,
    rules_version  text NOT NULL,
    tables_version text NOT NULL,
    business_date  text COLLATE "C" NOT NULL,
    decided_at     timestamptz NOT NULL
);

-- R15: at most one payment of a benefit in a lifetime per insured person. The primary key enforces this, not a query.
CREATE TABLE payments (
    person      bigint NOT NULL,
    benefit     text NOT NULL,
    claim_id    uuid NOT NULL UNIQUE,
    amount      bigint NOT NULL CHECK (amount > 0),
    decision_id uuid NOT NULL,
    PRIMARY KEY (person, benefit),
    UNIQUE (person, benefit, claim_id)
);

-- The close of a month. It decides every claim once, and issues one batch for each benefit.
CREATE TABLE closes (
    month         text COLLATE "C" PRIMARY KEY,
    business_date text COLLATE "C" NOT NULL,
    started_at    timestamptz NOT NULL,
    -- The source offsets that the close waited for, so that a replay can run at the same offsets.
    input_offsets text NOT NULL,
    traceparent   text NOT NULL,
    -- Every person up to this code is closed. A page and the cursor commit in one transaction.
    cursor        bigint NOT NULL DEFAULT -1,
    closed_at     timestamptz,
    -- The digest of the plan that a person has confirmed: nothing else is issued. Null if nobody has confirmed a digest.
    confirmed     text
);

-- The plans that dry runs have shown, so that a confirmation can say how the plan has changed since.
CREATE TABLE close_plans (
    digest  text PRIMARY KEY,
    month   text COLLATE "C" NOT NULL,
    made_at timestamptz NOT NULL,
    total   bigint NOT NULL,
    -- One line for each document: claim, attempt, and the digest of what it pays, to which account and centre.
    lines   text NOT NULL
);

-- The documents of a benefit that a close issues. The control sums are written when the close ends.
CREATE TABLE batches (
    benefit   text NOT NULL,
    month     text COLLATE "C" NOT NULL REFERENCES closes (month),
    batch_id  text NOT NULL UNIQUE,
    documents bigint,
    total     bigint,
    digest    text,
    PRIMARY KEY (benefit, month)
);

-- What each page of a close saw: the source offsets for every person up to `upto` and after the previous page, and the
-- version of the tables of the law. A replay closes the same persons at the same offsets.
CREATE TABLE close_pages (
    month          text COLLATE "C" NOT NULL REFERENCES closes (month),
    upto           bigint NOT NULL,
    input_offsets  text NOT NULL,
    tables_version text NOT NULL,
    PRIMARY KEY (month, upto)
);

-- A month that the variance check holds until a person confirms it.
CREATE TABLE held_months (
    month   text COLLATE "C" PRIMARY KEY,
    reason  text NOT NULL,
    held_at timestamptz NOT NULL
);

CREATE TABLE documents (
    document_id   text COLLATE "C" PRIMARY KEY,
    benefit       text NOT NULL,
    person        bigint NOT NULL,
    claim_id      uuid NOT NULL,
    attempt       int NOT NULL CHECK (attempt > 0),
    decision_id   uuid NOT NULL,
    month         text COLLATE "C" NOT NULL,
    amount        bigint NOT NULL CHECK (amount > 0),
    sheba         text NOT NULL,
    cost_centre   text NOT NULL,
    province_code text NOT NULL,
    issued_at     timestamptz NOT NULL,
    -- Finance's latest answer: the greatest instant, then the greater source offset.
    state         text,
    state_code    text,
    state_at      timestamptz,
    state_offset  bigint,
    -- Set when a further attempt replaces this document. Only a returned document can be superseded.
    superseded    boolean NOT NULL DEFAULT false,
    UNIQUE (claim_id, attempt),
    FOREIGN KEY (benefit, month) REFERENCES batches (benefit, month),
    FOREIGN KEY (person, benefit, claim_id) REFERENCES payments (person, benefit, claim_id)
);
CREATE UNIQUE INDEX documents_one_in_force ON documents (person, benefit) WHERE NOT superseded;
CREATE INDEX documents_month ON documents (month, benefit);
CREATE INDEX documents_unanswered ON documents (issued_at) WHERE state IS NULL;

CREATE TABLE payment_outcomes (
    document_id   text COLLATE "C" NOT NULL REFERENCES documents (document_id),
    at            timestamptz NOT NULL,
    outcome       text NOT NULL,
    code          text,
    source_offset bigint NOT NULL,
    PRIMARY KEY (document_id, at, outcome)
);

CREATE TABLE vouchers (
    voucher_id  text PRIMARY KEY,
    benefit     text NOT NULL,
    month       text COLLATE "C" NOT NULL,
    cost_centre text NOT NULL,
    documents   bigint NOT NULL,
    total       bigint NOT NULL,
    UNIQUE (benefit, month, cost_centre),
    FOREIGN KEY (benefit, month) REFERENCES batches (benefit, month)
);

-- An SMS is written with its document. It is released to the outbox once the broker has acknowledged that document.
CREATE TABLE messages (
    sms_id      text COLLATE "C" PRIMARY KEY,
    kind        text NOT NULL,
    person      bigint NOT NULL,
    claim_id    uuid NOT NULL,
    document_id text COLLATE "C" NOT NULL,
    mobile      text NOT NULL,
    body        text NOT NULL,
    segments    int NOT NULL,
    traceparent text,
    written_at  timestamptz NOT NULL,
    released_at timestamptz,
    status      text,
    status_at   timestamptz
);
CREATE INDEX messages_held ON messages (document_id) WHERE released_at IS NULL;
CREATE INDEX messages_person ON messages (person);

CREATE TABLE delivery_reports (
    sms_id text COLLATE "C" NOT NULL REFERENCES messages (sms_id),
    at     timestamptz NOT NULL,
    status text NOT NULL,
    PRIMARY KEY (sms_id, at, status)
);

CREATE TABLE cases (
    case_id     uuid PRIMARY KEY,
    claim_id    uuid NOT NULL,
    document_id text COLLATE "C" NOT NULL REFERENCES documents (document_id),
    person      bigint NOT NULL,
    kind        text NOT NULL,
    grounds     text[] NOT NULL,
    new_amount  bigint,
    opened_at   timestamptz NOT NULL,
    closed_at   timestamptz
);
CREATE UNIQUE INDEX cases_one_open ON cases (document_id, kind) WHERE closed_at IS NULL;
CREATE INDEX cases_person ON cases (person);

-- Published files and the state of their receipts. All counts are rows.
CREATE TABLE files (
    file_id     text PRIMARY KEY,
    kind        text NOT NULL,
    opened_at   timestamptz NOT NULL,
    accepted    bigint NOT NULL DEFAULT 0,
    corrected   bigint NOT NULL DEFAULT 0,
    unchanged   bigint NOT NULL DEFAULT 0,
    conflicting bigint NOT NULL DEFAULT 0,
    -- Rows whose message became a dead letter.
    dead        bigint NOT NULL DEFAULT 0,
    -- The closing event, and the database's time when it arrived. `rows` rows must be processed before the receipt.
    rows        bigint,
    closing     text,
    closed_at   timestamptz,
    traceparent text,
    received_at timestamptz,
    -- A person has ended the file: it gets no receipt, and no close waits for it. The account of the operating system.
    ended_at    timestamptz,
    ended_by    text,
    ended_why   text
);
CREATE INDEX files_without_receipt ON files (file_id) WHERE received_at IS NULL;

-- The processed lines of files without a receipt: a line counts once, and lines may arrive in any order.
-- A row is a bitmap of 8,192 lines. The rows of a file are deleted when its receipt is written.
CREATE TABLE file_lines (
    file_id text NOT NULL,
    chunk   bigint NOT NULL,
    lines   bytea NOT NULL,
    PRIMARY KEY (file_id, chunk)
);

-- A message that is sent again and fails again becomes another dead letter. All of them have one fate, which is kept
-- with the first.
CREATE TABLE dead_letters (
    topic         text NOT NULL,
    partition     int NOT NULL,
    source_offset bigint NOT NULL,
    reason        text NOT NULL,
    at            timestamptz NOT NULL,
    -- The source offset of the first dead letter; null for the first itself. A message is sent again to its partition.
    first_offset  bigint,
    -- Only of the first. `replayed`: sent again, and its outcome is not known yet.
    state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'replayed', 'applied', 'failed_again', 'discarded')),
    state_at      timestamptz,
    -- The account of the operating system that sent it again or discarded it, and why it was discarded.
    changed_by    text,
    why           text,
    PRIMARY KEY (topic, partition, source_offset)
);
CREATE INDEX dead_letters_open ON dead_letters (reason) WHERE first_offset IS NULL AND state NOT IN ('applied', 'discarded');

-- Misrouted dead letters that were replayed to the partition of their key, by original position, and the offset of the
-- first replay. A later replay of the same letter changes nothing.
CREATE TABLE moved_letters (
    topic         text NOT NULL,
    partition     int NOT NULL,
    source_offset bigint NOT NULL,
    moved_to      bigint NOT NULL,
    PRIMARY KEY (topic, partition, source_offset)
);

-- The outbox: append-only segments. A segment contains events of one transaction for one relay shard (`grp`, a group of
-- output partitions with one writer) and is cut at about 256 KiB.
-- Three outbox partitions (`slot`) rotate. One is truncated when all its events are delivered. Rows are never updated
-- or deleted.
CREATE TABLE outbox (
    slot       smallint NOT NULL,
    grp        smallint NOT NULL,
    -- Sequence numbers of the first and last event.
    first      bigint NOT NULL,
    last       bigint NOT NULL,
    -- postcard compressed with lz4 by the program.
    body       bytea NOT NULL,
    PRIMARY KEY (grp, last, slot)
) PARTITION BY LIST (slot);
ALTER TABLE outbox ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE outbox_0 PARTITION OF outbox FOR VALUES IN (0);
CREATE TABLE outbox_1 PARTITION OF outbox FOR VALUES IN (1);
CREATE TABLE outbox_2 PARTITION OF outbox FOR VALUES IN (2);

-- The next position of each group. Its row lock is taken last in a transaction, so that positions are commit order.
CREATE TABLE outbox_heads (
    grp           smallint PRIMARY KEY,
    next_position bigint NOT NULL,
    -- The outbox partition that is written to, and this shard's first sequence number in it.
    slot          smallint NOT NULL,
    slot_began    bigint NOT NULL
) WITH (fillfactor = 20);

-- The delivery watermark of each relay shard (a sequence number), and the lease: its owner and its end.
CREATE TABLE relay_groups (
    grp       smallint PRIMARY KEY,
    delivered bigint NOT NULL,
    owner     text,
    until     timestamptz
) WITH (fillfactor = 20);

-- The end offset of each output partition after the last send. A lower end means a recreated or truncated topic.
CREATE TABLE output_ends (
    topic       text   NOT NULL,
    partition   int    NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

-- Persons whom a recovery must still decide, with facts that only the batch of their inputs knew. Empty otherwise.
CREATE TABLE recovery_persons (
    code     bigint PRIMARY KEY,
    -- Claims whose registry row moved away, and documents with an answer of finance.
    moved    uuid[] NOT NULL DEFAULT '{}',
    answered text[] NOT NULL DEFAULT '{}'
);

-- Relay processes with a valid lease. They share the relay shards.
CREATE TABLE relay_members (
    owner text PRIMARY KEY,
    until timestamptz NOT NULL
);
