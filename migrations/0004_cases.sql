-- Cases by cause, and their ends. A cause is a digest of what comparing the standing facts yields; a case is opened once
-- for each cause of a document. Officers end it: one proposes, another approves.

ALTER TABLE cases
    -- Null for a case that an earlier version opened.
    ADD COLUMN cause           bytea,
    -- The standing facts do not yield the cause any more: the case holds nothing.
    ADD COLUMN gone_at         timestamptz,
    -- How officers ended the case, the amount that they ordered, and the proposal that was approved. `closed_at` is the
    -- instant of the approval. A case with `closed_at` and without an outcome was closed before there were ends.
    ADD COLUMN outcome         text,
    ADD COLUMN ordered         bigint,
    ADD COLUMN proposal_sha256 bytea;

-- Several causes about one document can stand at the same time.
DROP INDEX cases_one_open;
CREATE UNIQUE INDEX cases_of_cause ON cases (document_id, kind, cause);

-- The registry record that the paid decision names.
ALTER TABLE payments ADD COLUMN record_id text COLLATE "C";
UPDATE payments p SET record_id = c.record_id FROM claims c WHERE c.person = p.person AND c.claim_id = p.claim_id;

-- What officers said about the ends of cases: sets, like those of findings. They wait for a case that is not open yet.
CREATE TABLE ending_proposals (
    person  bigint NOT NULL,
    case_id uuid NOT NULL,
    -- Of the canonical encoding of the proposal. A judgement names it.
    sha256  bytea NOT NULL,
    at      timestamptz NOT NULL,
    author  text NOT NULL,
    outcome text NOT NULL,
    amount  bigint,
    reason  text NOT NULL,
    PRIMARY KEY (person, case_id, sha256)
);

-- Approvals and rejections, also those that arrive before their proposal.
CREATE TABLE ending_judgements (
    person          bigint NOT NULL,
    case_id         uuid NOT NULL,
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
    PRIMARY KEY (person, case_id, sha256)
);
