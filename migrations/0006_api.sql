-- Staff's casework by the API: the scope of the database role `peyvand_casework`. An officer sees the persons of a branch,
-- a supervisor those of a province. The officer and everybody whom a registry row names as the officer's spouse do not
-- exist in this scope.

-- Programs name a claim, a finding or an objection by its id alone.
CREATE INDEX claims_by_id ON claims (claim_id);
CREATE INDEX finding_proposals_by_id ON finding_proposals (finding_id);
CREATE INDEX objections_by_id ON objections (objection_id);
CREATE INDEX cases_by_opening ON cases (opened_at, case_id);

-- The scope of the current transaction. All are null outside of such a transaction; then no row is seen.
CREATE FUNCTION casework_officer() RETURNS bigint LANGUAGE sql STABLE
AS $$ SELECT nullif(current_setting('peyvand.officer', true), '')::bigint $$;
CREATE FUNCTION casework_branch() RETURNS text LANGUAGE sql STABLE
AS $$ SELECT nullif(current_setting('peyvand.branch', true), '') $$;
CREATE FUNCTION casework_province() RETURNS text LANGUAGE sql STABLE
AS $$ SELECT nullif(current_setting('peyvand.province', true), '') $$;
-- The officer and the spouses.
CREATE FUNCTION casework_own() RETURNS bigint[] LANGUAGE sql STABLE
AS $$ SELECT nullif(current_setting('peyvand.own', true), '')::bigint[] $$;

-- Whether the scope has this person. It reads `persons` as the current role, so it cannot tell more than that role sees.
CREATE FUNCTION casework_sees(person bigint) RETURNS boolean LANGUAGE sql STABLE
AS $$ SELECT EXISTS (SELECT FROM persons p WHERE p.code = person) $$;

-- The tables of the scope.
CREATE FUNCTION casework_tables() RETURNS SETOF text LANGUAGE sql IMMUTABLE
AS $$ SELECT unnest(ARRAY['cases', 'claims', 'decisions', 'documents', 'ending_judgements', 'ending_proposals', 'file_views',
    'finding_judgements', 'finding_proposals', 'marriages', 'objection_closings', 'objection_pictures', 'objections',
    'payment_outcomes', 'payments', 'persons', 'portal_objections', 'self_registrations', 'submissions']) $$;

-- Gives the role its rights and policies, and switches row-level security on. The policies are of this role alone.
CREATE FUNCTION casework_restrict() RETURNS void LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
    FOR name IN SELECT casework_tables() LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('DROP POLICY IF EXISTS staff_rows ON %I', name);
    END LOOP;
    FOR name IN SELECT unnest(ARRAY['cases', 'claims', 'documents', 'ending_judgements', 'ending_proposals',
        'finding_judgements', 'finding_proposals', 'objection_closings', 'objection_pictures', 'objections', 'payments',
        'portal_objections']) LOOP
        EXECUTE format('CREATE POLICY staff_rows ON %I FOR SELECT TO peyvand_casework USING (casework_sees(person))', name);
    END LOOP;
    CREATE POLICY staff_rows ON persons FOR SELECT TO peyvand_casework
        USING (casework_officer() IS NOT NULL AND code <> ALL (casework_own())
            AND (branch_code = casework_branch() OR province_code = casework_province()));
    CREATE POLICY staff_rows ON marriages FOR SELECT TO peyvand_casework
        USING (casework_sees(husband) OR casework_sees(wife));
    CREATE POLICY staff_rows ON self_registrations FOR SELECT TO peyvand_casework USING (casework_sees(applicant));
    CREATE POLICY staff_rows ON decisions FOR SELECT TO peyvand_casework
        USING (EXISTS (SELECT FROM claims c WHERE c.claim_id = decisions.claim_id));
    CREATE POLICY staff_rows ON payment_outcomes FOR SELECT TO peyvand_casework
        USING (EXISTS (SELECT FROM documents d WHERE d.document_id = payment_outcomes.document_id));
    -- Who opens a file is the officer of the token, and what is sent is sent by that officer.
    CREATE POLICY staff_rows ON file_views FOR INSERT TO peyvand_casework
        WITH CHECK (viewer = casework_officer() AND casework_sees(person));
    CREATE POLICY staff_rows ON submissions TO peyvand_casework USING (person = casework_officer());
    GRANT SELECT (code, insured, branch_code, province_code, dossier) ON persons TO peyvand_casework;
    GRANT SELECT ON marriages, self_registrations, claims, decisions, payments, documents, payment_outcomes, cases, objections,
        objection_pictures, objection_closings, finding_proposals, finding_judgements, ending_proposals, ending_judgements,
        portal_objections TO peyvand_casework;
    GRANT SELECT (submission_id, person, route, tracking, event_type, content, submitted_at, delivered_at) ON submissions
        TO peyvand_casework;
    GRANT INSERT ON file_views, submissions TO peyvand_casework;
END $$;

REVOKE ALL ON FUNCTION casework_restrict() FROM PUBLIC;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'peyvand_casework') THEN
        CREATE ROLE peyvand_casework NOLOGIN;
        IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            EXECUTE format('GRANT peyvand_casework TO %I', current_user);
        END IF;
    END IF;
EXCEPTION
    -- As for peyvand_portal in 0002_portal.sql.
    WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
END $$;

-- As in 0002_portal.sql: only where it stops nobody else; otherwise deploy/postgres/roles.sql does it.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'peyvand_casework') AND NOT EXISTS (
        SELECT FROM pg_class c
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL
        CROSS JOIN LATERAL (SELECT (aclexplode(c.relacl)).grantee UNION SELECT (aclexplode(a.attacl)).grantee) AS given
        LEFT JOIN pg_roles r ON r.oid = given.grantee
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname IN (SELECT casework_tables())
            AND given.grantee <> c.relowner AND coalesce(r.rolname, '') NOT IN ('peyvand_portal', 'peyvand_casework')
            AND NOT coalesce(r.rolsuper OR r.rolbypassrls, false)
    ) THEN
        PERFORM casework_restrict();
    END IF;
END $$;
