-- Objections of insured persons, and what officers find. Each table is a set of what was said: the order of arrival
-- makes no difference. All rows of a person are written under the lock of the person's row in `persons`.

-- A row exists as soon as any event names the objection, also before its submission has arrived.
CREATE TABLE objections (
    person       bigint NOT NULL,
    objection_id uuid NOT NULL,
    -- Null until the submission arrives.
    submitted_at timestamptz,
    claim_id     uuid,
    -- A reason code, or `amount`.
    disputed     text,
    withdrawn    boolean NOT NULL DEFAULT false,
    -- The answer is in the outbox. It is set once, in the transaction that writes the answer.
    answered_at  timestamptz,
    CHECK ((submitted_at IS NULL) = (claim_id IS NULL) AND (submitted_at IS NULL) = (disputed IS NULL)),
    -- An objection belongs to its person, who is the key of both topics.
    PRIMARY KEY (person, objection_id)
);
CREATE INDEX objections_open ON objections (submitted_at) WHERE answered_at IS NULL AND NOT withdrawn;

-- Pictures that events name. Their bytes are in the store of the portal.
CREATE TABLE objection_pictures (
    person       bigint NOT NULL,
    objection_id uuid NOT NULL,
    picture_id   uuid NOT NULL,
    kind         text NOT NULL,
    sha256       bytea NOT NULL,
    media_type   text NOT NULL,
    bytes        bigint NOT NULL,
    width        bigint NOT NULL,
    height       bigint NOT NULL,
    PRIMARY KEY (person, objection_id, picture_id)
);

CREATE TABLE objection_closings (
    person       bigint NOT NULL,
    objection_id uuid NOT NULL,
    sha256       bytea NOT NULL,
    at           timestamptz NOT NULL,
    author       text NOT NULL,
    accepted     boolean NOT NULL,
    reason       text NOT NULL,
    findings     uuid[] NOT NULL,
    PRIMARY KEY (person, objection_id, sha256)
);

CREATE TABLE finding_proposals (
    person     bigint NOT NULL,
    finding_id uuid NOT NULL,
    -- Of the canonical encoding of the proposal. A judgement names it.
    sha256     bytea NOT NULL,
    at         timestamptz NOT NULL,
    author     text NOT NULL,
    claim_id   uuid NOT NULL,
    ground     text NOT NULL,
    fact_seen  bytea NOT NULL,
    verdict    text NOT NULL,
    reason     text NOT NULL,
    evidence   uuid[] NOT NULL,
    PRIMARY KEY (person, finding_id, sha256)
);

-- Approvals and rejections, also those that arrive before their proposal.
CREATE TABLE finding_judgements (
    person          bigint NOT NULL,
    finding_id      uuid NOT NULL,
    -- Of all fields of the judgement.
    sha256          bytea NOT NULL,
    proposal_sha256 bytea NOT NULL,
    at              timestamptz NOT NULL,
    approved        boolean NOT NULL,
    approver        text NOT NULL,
    author          text NOT NULL,
    -- The Solar day of `at` in Tehran.
    judged_on       text COLLATE "C" NOT NULL,
    reason          text NOT NULL,
    PRIMARY KEY (person, finding_id, sha256)
);
