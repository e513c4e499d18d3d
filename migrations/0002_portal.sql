-- The portal: sign-ins, sessions, views of files, submissions, and the scope of the database role `peyvand_portal`.

-- Sign-ins that wait for the answer of the OpenID provider. Only digests of the two random values of the browser are
-- stored: the state in the address, and the cookie.
CREATE TABLE portal_sign_ins (
    state_digest   bytea PRIMARY KEY,
    browser_digest bytea NOT NULL,
    nonce          text NOT NULL,
    verifier       text NOT NULL,
    as_staff       boolean NOT NULL,
    return_to      text NOT NULL,
    began_at       timestamptz NOT NULL DEFAULT now()
);

-- Sessions of the portal. The token itself is only in the browser's cookie.
CREATE TABLE portal_sessions (
    token_digest bytea PRIMARY KEY,
    person       bigint NOT NULL,
    role         text NOT NULL CHECK (role IN ('insured', 'officer', 'supervisor', 'finance', 'operator', 'auditor')),
    -- The officer's branch or the supervisor's province.
    unit         text,
    full_name    text NOT NULL,
    signed_in_at timestamptz NOT NULL DEFAULT now(),
    used_at      timestamptz NOT NULL DEFAULT now(),
    CHECK ((role IN ('officer', 'supervisor')) = (unit IS NOT NULL))
);

-- Who opened which file, when and in which role. A row is written in the transaction that reads the file.
CREATE TABLE file_views (
    view_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person  bigint NOT NULL,
    viewer  bigint NOT NULL,
    role    text NOT NULL,
    unit    text,
    page    text NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX file_views_person ON file_views (person, view_id);

-- What people send on the portal. A loop delivers each row to its input topic, at least once. The id is derived from
-- person, route and the form's key, so a form that is sent twice is one row.
CREATE TABLE submissions (
    submission_id uuid PRIMARY KEY,
    -- Undelivered rows are delivered in this order.
    number        bigint GENERATED ALWAYS AS IDENTITY,
    person        bigint NOT NULL,
    route         text NOT NULL,
    tracking      text COLLATE "C" NOT NULL,
    event_type    text NOT NULL,
    record_key    text NOT NULL,
    payload       bytea NOT NULL,
    -- Of the content without the instant: the same form with other content is no repeat.
    content       bytea NOT NULL,
    submitted_at  timestamptz NOT NULL,
    traceparent   text NOT NULL,
    delivered_at  timestamptz,
    UNIQUE (person, tracking)
);
CREATE INDEX submissions_undelivered ON submissions (number) WHERE delivered_at IS NULL;

-- The person whose rows the current transaction may read; null outside of such a transaction.
CREATE FUNCTION portal_person() RETURNS bigint LANGUAGE sql STABLE
AS $$ SELECT nullif(current_setting('peyvand.person', true), '')::bigint $$;

-- The person's own side of the registry's rows.
CREATE VIEW own_marriages WITH (security_barrier) AS
SELECT m.record_id, m.record_version,
    m.content::json ->> 'deed_date' AS deed_date,
    m.content::json ->> 'registered_on' AS registered_on,
    m.content::json ->> 'status' AS status,
    m.content::json ->> 'office_kind' AS office_kind,
    m.content::json ->> 'permanence' AS permanence,
    side.own ->> 'given_name' AS given_name,
    side.own ->> 'family_name' AS family_name,
    side.own ->> 'birth_date' AS birth_date,
    side.own ->> 'earlier_marriages' AS earlier_marriages
FROM marriages m
CROSS JOIN LATERAL (
    SELECT CASE WHEN m.husband = portal_person() THEN m.content::json -> 'husband' ELSE m.content::json -> 'wife' END AS own
) AS side
WHERE m.husband = portal_person() OR m.wife = portal_person();

-- Row-level security has an effect only where it is switched on, and never for the owner of a table.
CREATE POLICY own_rows ON persons USING (code = portal_person());
CREATE POLICY own_rows ON self_registrations USING (applicant = portal_person());
CREATE POLICY own_rows ON claims USING (person = portal_person());
CREATE POLICY own_rows ON decisions USING (claim_id IN (SELECT c.claim_id FROM claims c WHERE c.person = portal_person()));
CREATE POLICY own_rows ON payments USING (person = portal_person());
CREATE POLICY own_rows ON documents USING (person = portal_person());
CREATE POLICY own_rows ON payment_outcomes
    USING (document_id IN (SELECT d.document_id FROM documents d WHERE d.person = portal_person()));
CREATE POLICY own_rows ON messages USING (person = portal_person());
CREATE POLICY own_rows ON delivery_reports
    USING (sms_id IN (SELECT s.sms_id FROM messages s WHERE s.person = portal_person()));
CREATE POLICY own_rows ON cases USING (person = portal_person());
CREATE POLICY own_rows ON file_views USING (person = portal_person());
CREATE POLICY own_rows ON submissions USING (person = portal_person());

-- The tables with such a policy.
CREATE FUNCTION portal_tables() RETURNS SETOF text LANGUAGE sql STABLE
AS $$ SELECT tablename::text FROM pg_policies WHERE schemaname = 'public' AND policyname = 'own_rows' ORDER BY 1 $$;

-- Gives the role its rights and switches row-level security on. The migration calls it where that stops nobody else;
-- deploy/postgres/roles.sql calls it in every case. Not here: columns about the spouse, and all other tables.
CREATE FUNCTION portal_restrict() RETURNS void LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
    FOR name IN SELECT portal_tables() LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    END LOOP;
    GRANT SELECT (code, insured, branch_code, province_code, dossier) ON persons TO peyvand_portal;
    GRANT SELECT (request_id, applicant, submitted_at, deed_date, undertaking, source_offset) ON self_registrations
        TO peyvand_portal;
    GRANT SELECT (claim_id, benefit, person, deed_date, record_id, request_id, revision, outcome, amount, reasons, withdrawn,
        decision_id, facts_digest, answer_digest, working_digest, review_digest, review_waits) ON claims TO peyvand_portal;
    GRANT SELECT ON decisions, payments, documents, payment_outcomes, delivery_reports, cases, file_views, own_marriages
        TO peyvand_portal;
    GRANT SELECT (sms_id, kind, person, claim_id, document_id, mobile, body, segments, written_at, released_at, status, status_at)
        ON messages TO peyvand_portal;
    GRANT SELECT (submission_id, person, route, tracking, event_type, content, submitted_at, delivered_at) ON submissions
        TO peyvand_portal;
    GRANT INSERT ON file_views, submissions TO peyvand_portal;
    -- The calendar of the closes and the tables of the law are the same for everybody.
    GRANT SELECT (month, business_date, closed_at) ON closes TO peyvand_portal;
    GRANT SELECT ON law_tables TO peyvand_portal;
END $$;

REVOKE ALL ON FUNCTION portal_restrict() FROM PUBLIC;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'peyvand_portal') THEN
        CREATE ROLE peyvand_portal NOLOGIN;
        IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            EXECUTE format('GRANT peyvand_portal TO %I', current_user);
        END IF;
    END IF;
EXCEPTION
    -- Another database's migration creates it at the same time, or this account may not: then
    -- deploy/postgres/roles.sql creates it.
    WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
END $$;

DO $$
BEGIN
    -- An account with rights on the tables that is neither owner nor superuser would see no rows any more, until
    -- deploy/postgres/roles.sql exempts it.
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
