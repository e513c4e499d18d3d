"""Reads the tables that the checker needs with `psql` and COPY. It needs no library and writes nothing."""

import csv
import os
import subprocess

QUERIES = {
    "installation_secret": "SELECT value FROM installation WHERE name = 'installation_secret'",
    "input_offsets": "SELECT topic, partition, next_offset FROM input_offsets",
    "dead_letters": "SELECT topic, partition, source_offset, reason FROM dead_letters",
    "batches": "SELECT month, batch_id, benefit, business_date, closed_at, documents, total, digest"
    " FROM closes JOIN batches USING (month) ORDER BY month, benefit",
    "close_pages": "SELECT month, upto, input_offsets FROM close_pages",
    "documents": "SELECT document_id, person, claim_id, attempt, decision_id, month, amount, sheba, cost_centre, state,"
    " state_code, superseded FROM documents",
    "decisions": "SELECT count(*) AS published FROM decisions",
    "payments": "SELECT person, claim_id, amount, decision_id FROM payments",
    "vouchers": "SELECT voucher_id, month, cost_centre, documents, total FROM vouchers",
    "messages": "SELECT sms_id, kind, claim_id, document_id, released_at FROM messages",
    "cases": "SELECT case_id, claim_id, document_id, kind, outcome, gone_at FROM cases",
    "ending_proposals": "SELECT case_id, encode(sha256, 'hex') AS sha256 FROM ending_proposals",
    "ending_judgements": "SELECT case_id, encode(proposal_sha256, 'hex') AS sha256, approver FROM ending_judgements",
    "files": "SELECT file_id, kind, accepted, corrected, unchanged, conflicting, dead, rows, received_at FROM files",
    "claims": "SELECT claim_id, person, spouse, unnamed_record, deed_date, revision, outcome, amount,"
    " array_to_string(reasons, ' ') AS reasons, decision_id, withdrawn FROM claims",
    "marriages": "SELECT record_id, record_version, husband, wife, content::jsonb ->> 'status' AS status,"
    " content::jsonb ->> 'deed_date' AS deed_date, content::jsonb ->> 'registered_on' AS registered_on FROM marriages",
    "objections": "SELECT person, objection_id, withdrawn, answered_at FROM objections",
    "finding_proposals": "SELECT finding_id, encode(sha256, 'hex') AS sha256 FROM finding_proposals",
    "finding_judgements": "SELECT finding_id, encode(proposal_sha256, 'hex') AS sha256, approver"
    " FROM finding_judgements",
    "self_registrations": "SELECT request_id, applicant FROM self_registrations",
    "insured": "SELECT code FROM persons WHERE insured",
    "payment_outcomes": "SELECT document_id, outcome, at FROM payment_outcomes",
    "delivery_reports": "SELECT sms_id, status, at FROM delivery_reports",
    "outbox": "SELECT heads.grp, next_position, delivered FROM outbox_heads heads LEFT JOIN relay_groups USING (grp)",
}


class Database:
    """Reads a table on request. Rows are dictionaries of text."""

    def __init__(self, url):
        self._url = url

    def rows(self, name):
        copy = f"COPY ({QUERIES[name]}) TO STDOUT CSV HEADER"
        command = ["psql", "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", "-c", copy, self._url]
        # The address contains all connection settings.
        process = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", env=os.environ | {"PGTZ": "UTC"}, check=False
        )
        if process.returncode:
            raise OSError(f"psql could not read {name}: {process.stderr.strip()[:300]}")
        csv.field_size_limit(1 << 24)
        return list(csv.DictReader(process.stdout.splitlines(True)))

    def secret(self):
        """The secret of the installation, or None before its first start."""
        return next((row["value"] for row in self.rows("installation_secret")), None)


class Tables:
    """The same interface over tables in memory, for `selftest`."""

    def __init__(self, tables):
        self.tables = tables

    def rows(self, name):
        return self.tables[name]

    def secret(self):
        return None
