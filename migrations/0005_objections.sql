-- Objections as people write them on the portal: drafts, texts and pictures. The bytes of the pictures are in the store of
-- `blobs_url`.

-- What a person has written so far: one draft for each claim. It survives a lost session.
CREATE TABLE objection_drafts (
    person       bigint NOT NULL,
    claim_id     uuid NOT NULL,
    objection_id uuid NOT NULL UNIQUE,
    -- A reason code, or `amount`; null until it is chosen.
    disputed     text,
    body         text NOT NULL,
    changed_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person, claim_id)
);

-- What was sent. A row is written in the transaction that writes its submission.
CREATE TABLE portal_objections (
    objection_id uuid PRIMARY KEY,
    person       bigint NOT NULL,
    claim_id     uuid NOT NULL,
    disputed     text NOT NULL,
    body         text NOT NULL,
    tracking     text COLLATE "C" NOT NULL,
    submitted_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    UNIQUE (person, tracking)
);

-- Pictures whose bytes are durable. A row without a submission belongs to a draft, or to an objection to which it is not
-- added yet.
CREATE TABLE portal_pictures (
    picture_id    uuid PRIMARY KEY,
    person        bigint NOT NULL,
    objection_id  uuid NOT NULL,
    -- The key of the upload: the same upload, sent again, is one picture.
    upload_key    text COLLATE "C" NOT NULL,
    kind          text NOT NULL,
    sha256        bytea NOT NULL,
    media_type    text NOT NULL,
    bytes         bigint NOT NULL,
    width         bigint NOT NULL,
    height        bigint NOT NULL,
    stored_at     timestamptz NOT NULL DEFAULT now(),
    submission_id uuid,
    UNIQUE (person, objection_id, upload_key)
);

CREATE POLICY own_rows ON objection_drafts USING (person = portal_person());
CREATE POLICY own_rows ON portal_objections USING (person = portal_person());
CREATE POLICY own_rows ON portal_pictures USING (person = portal_person());
-- What was sent as evidence cannot be taken away by a page.
CREATE POLICY not_sent ON portal_pictures AS RESTRICTIVE FOR DELETE USING (submission_id IS NULL);
CREATE POLICY own_rows ON objections USING (person = portal_person());
CREATE POLICY own_rows ON objection_closings USING (person = portal_person());
CREATE POLICY own_rows ON finding_proposals USING (person = portal_person());
CREATE POLICY own_rows ON finding_judgements USING (person = portal_person());

-- The rights of this migration come after those of the migrations before it.
ALTER FUNCTION portal_restrict() RENAME TO portal_restrict_before_objections;
CREATE FUNCTION portal_restrict() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal_restrict_before_objections();
    GRANT SELECT, INSERT, UPDATE, DELETE ON objection_drafts TO peyvand_portal;
    GRANT SELECT, INSERT, UPDATE (withdrawn_at) ON portal_objections TO peyvand_portal;
    GRANT SELECT, INSERT, UPDATE (submission_id), DELETE ON portal_pictures TO peyvand_portal;
    GRANT SELECT ON objections TO peyvand_portal;
    -- Which closing counts depends on who has said what about the claim.
    GRANT SELECT ON objection_closings, finding_proposals, finding_judgements TO peyvand_portal;
END $$;
REVOKE ALL ON FUNCTION portal_restrict() FROM PUBLIC;

-- As in 0002_portal.sql: only where it stops nobody else; otherwise deploy/postgres/roles.sql does it.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'peyvand_portal') AND NOT EXISTS (
        SELECT FROM pg_class c
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL
        CROSS JOIN LATERAL (SELECT (aclexplode(c.relacl)).grantee UNION SELECT (aclexplode(a.attacl)).grantee) AS given
        LEFT JOIN pg_roles r ON r.oid = given.grantee
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname IN (SELECT portal_tables())
            AND given.grantee <> c.relowner AND r.rolname IS DISTINCT FROM 'peyvand_portal'
            AND NOT coalesce(r.rolsuper OR r.rolbypassrls, false)
    ) THEN
        PERFORM portal_restrict();
    END IF;
END $$;
