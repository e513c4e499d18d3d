-- The roles of an installation: the owner migrates the tables, the service works with them, the reader sees no personal
-- data. The service takes a fourth role, peyvand_portal, for each transaction of the portal: it sees one person's rows. It
-- takes a fifth, peyvand_casework, for staff: it sees the persons of one branch or province.
-- Run it as a superuser in the installation's database: before the first migration, after it, and after
-- each upgrade. A repeated run changes nothing. docs/OPERATIONS.md has the commands.
--
--   psql -X -f deploy/postgres/roles.sql [-v owner=NAME] [-v service=NAME] [-v reader=NAME] DATABASE_URL
--
-- It sets no passwords: set them with \password, or use another method of pg_hba.conf.
\set ON_ERROR_STOP on
\if :{?owner} \else \set owner peyvand_owner \endif
\if :{?service} \else \set service peyvand_service \endif
\if :{?reader} \else \set reader peyvand_reader \endif

-- What the statements of `serve` and of the other commands change. tests/it/ops/roles.rs compares both lists with src/store.
\set updated 'persons marriages self_registrations objections claims closes close_plans batches close_pages held_months documents payment_outcomes messages cases files file_lines dead_letters input_offsets outbox_heads relay_groups output_ends relay_members portal_sessions submissions objection_drafts portal_objections portal_pictures'
\set deleted 'close_plans held_months file_lines relay_members portal_sign_ins portal_sessions objection_drafts portal_pictures'
-- The relay empties an outbox partition whose events were all delivered.
\set truncated 'outbox_0 outbox_1 outbox_2'
-- Only the owner changes these: sqlx's list of migrations, and what a recovery still has to do.
\set foreign '_sqlx_migrations recovery_persons'

BEGIN;

SELECT format('CREATE ROLE %I LOGIN', role)
FROM unnest(ARRAY[:'owner', :'service', :'reader']) AS role
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec

-- Their names are fixed, and their rights are those of each database.
SELECT 'CREATE ROLE peyvand_portal NOLOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'peyvand_portal') \gexec
SELECT 'CREATE ROLE peyvand_casework NOLOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'peyvand_casework') \gexec
-- Only where a role can do more: two databases of one server may run this at the same time.
SELECT format('ALTER ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', rolname) FROM pg_roles
WHERE rolname IN ('peyvand_portal', 'peyvand_casework')
    AND (rolcanlogin OR rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole) \gexec
GRANT peyvand_portal, peyvand_casework TO :"service";
-- Row-level security is for these two. Ingest and the close work with the rows of all persons.
ALTER ROLE :"owner" BYPASSRLS;
ALTER ROLE :"service" BYPASSRLS;
ALTER ROLE :"reader" BYPASSRLS;

REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO :"owner", :"service", :"reader";
REVOKE ALL ON SCHEMA public FROM PUBLIC, :"service", :"reader";
GRANT USAGE, CREATE ON SCHEMA public TO :"owner";
GRANT USAGE ON SCHEMA public TO :"service", :"reader", peyvand_portal, peyvand_casework;

-- Tables that another account has created, before there were roles.
SELECT format('ALTER TABLE public.%I OWNER TO %I', tablename, :'owner')
FROM pg_tables WHERE schemaname = 'public' AND tableowner <> :'owner' \gexec
SELECT format('ALTER VIEW public.%I OWNER TO %I', viewname, :'owner')
FROM pg_views WHERE schemaname = 'public' AND viewowner <> :'owner' \gexec

SELECT to_regclass('public.decisions') IS NOT NULL AS migrated \gset
\if :migrated

-- Rights that an earlier version of this file has given, and this one does not, end here.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, :"service", :"reader";

GRANT SELECT ON ALL TABLES IN SCHEMA public TO :"service";
SELECT format('GRANT %s ON public.%I TO %I', kind, tablename, :'service')
FROM (VALUES ('UPDATE', :'updated'), ('DELETE', :'deleted'), ('TRUNCATE', :'truncated')) AS given (kind, tables)
JOIN pg_tables ON schemaname = 'public' AND tablename = ANY (string_to_array(tables, ' ')) \gexec
SELECT format('GRANT INSERT ON public.%I TO %I', tablename, :'service')
FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL (string_to_array(:'foreign', ' ')) \gexec

-- A later migration's tables are the service's at once; the next run of the new version's file narrows this. They are
-- not the default before the first migration, because `decisions` would have them, too.
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"service";

-- The portal's role: its rights are in the migrations. FORCE: the owner is no exception either.
SELECT to_regproc('public.portal_restrict') IS NOT NULL AS has_portal \gset
\if :has_portal
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM peyvand_portal;
SELECT public.portal_restrict();
SELECT format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name) FROM public.portal_tables() AS t (name) \gexec
\endif
SELECT to_regproc('public.casework_restrict') IS NOT NULL AS has_casework \gset
\if :has_casework
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM peyvand_casework;
SELECT public.casework_restrict();
SELECT format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name) FROM public.casework_tables() AS t (name) \gexec
\endif

-- Columns without personal data. Not here: national codes (also `closes.cursor` and `close_pages.upto`), Shebas, mobile
-- numbers, texts, facts, ids of registry and portal, accounts of operators, the installation's secret. A column of a
-- later migration stays hidden until this list has it.
SELECT format('GRANT SELECT (%s) ON public.%I TO %I', string_agg(quote_ident(column_name), ', '), table_name, :'reader')
FROM (VALUES
    ('law_tables', 'version body'),
    ('input_offsets', 'topic partition next_offset misrouted'),
    ('persons', 'insured branch_code province_code'),
    ('claims', 'claim_id benefit revision outcome amount reasons withdrawn decision_id review_waits'),
    ('decisions', 'decision_id claim_id revision outcome amount reasons days wage_sum rules_version tables_version business_date decided_at'),
    ('payments', 'benefit claim_id amount decision_id'),
    ('closes', 'month business_date started_at closed_at confirmed'),
    ('close_plans', 'digest month made_at total'),
    ('batches', 'benefit month batch_id documents total digest'),
    ('close_pages', 'month tables_version'),
    ('held_months', 'month reason held_at'),
    ('documents', 'document_id benefit claim_id attempt decision_id month amount cost_centre province_code issued_at state state_code state_at superseded'),
    ('payment_outcomes', 'document_id at outcome code'),
    ('vouchers', 'voucher_id benefit month cost_centre documents total'),
    ('messages', 'sms_id kind claim_id document_id segments written_at released_at status status_at'),
    ('delivery_reports', 'sms_id at status'),
    ('objections', 'objection_id submitted_at claim_id disputed withdrawn answered_at'),
    ('objection_pictures', 'objection_id picture_id kind media_type bytes width height'),
    ('objection_closings', 'objection_id at accepted findings'),
    ('finding_proposals', 'finding_id sha256 at claim_id ground verdict evidence'),
    ('finding_judgements', 'finding_id proposal_sha256 at approved judged_on'),
    ('ending_proposals', 'case_id sha256 at outcome amount'),
    ('ending_judgements', 'case_id proposal_sha256 at approved judged_on'),
    ('cases', 'case_id claim_id document_id kind grounds new_amount opened_at closed_at cause gone_at outcome ordered proposal_sha256'),
    ('files', 'file_id kind opened_at accepted corrected unchanged conflicting dead rows closed_at received_at ended_at'),
    ('dead_letters', 'topic partition source_offset reason at first_offset state state_at'),
    ('outbox_heads', 'grp next_position slot slot_began'),
    ('relay_groups', 'grp delivered until'),
    ('output_ends', 'topic partition next_offset'),
    ('file_views', 'view_id role unit page at'),
    ('submissions', 'submission_id number route event_type submitted_at delivered_at'),
    ('objection_drafts', 'objection_id claim_id disputed changed_at'),
    ('portal_objections', 'objection_id claim_id disputed submitted_at withdrawn_at'),
    ('portal_pictures', 'picture_id objection_id kind media_type bytes width height stored_at submission_id')
) AS shown (name, names)
JOIN information_schema.columns ON table_schema = 'public' AND table_name = name
    AND column_name = ANY (string_to_array(names, ' '))
GROUP BY table_name \gexec

\else
\echo 'There are no tables yet: run `peyvand status --provision true` as' :owner 'and then this file again.'
\endif

COMMIT;
