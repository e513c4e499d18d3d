"""The encodings of digests against bytes that are written out by hand. A form that was used once never changes."""

import hashlib
import json

from .. import schema
from ..law import findings, registry

NAME = "the encodings of digests"
EXAMPLE = "casework.findings/v1/valid/casework.finding.proposed--set-aside.json"
PROPOSAL = (
    "1:1,36:018f2c4e-0000-7000-8000-000000000030,16:1761975600000000,8:staff-17,10:1234567891,"
    "36:018f2c4e-0000-7000-8000-000000000010,18:NOT_FIRST_MARRIAGE,"
    "64:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef,9:set_aside,"
    "1:1,36:018f2c4e-0000-7000-8000-000000000022,90:صفحهٔ ازدواج شناسنامه ازدواج دیگری نشان نمی‌دهد.,"
)
PERSON = {"family_name": "رضایی", "birth_date": "1375-01-02", "deceased_on": "1404-06-01"}
SEEN = {
    "IDENTITY_MISMATCH": "1:1,17:IDENTITY_MISMATCH,10:رضایی,10:رضایی,10:1375-01-01,10:1375-01-02,",
    "CONFLICTING_RECORDS": "1:1,19:CONFLICTING_RECORDS,1:6,2:R1,10:1404-05-20,10:0076543218,"
                           "2:R2,10:1404-05-20,0:,",
    "NOT_FIRST_MARRIAGE": "1:1,18:NOT_FIRST_MARRIAGE,1:1,1:3,2:R0,10:1399-01-01,0:,0:,",
    "MARRIAGE_NOT_PERMANENT": "1:1,22:MARRIAGE_NOT_PERMANENT,2:R1,9:temporary,",
    "MARRIAGE_NOT_REGISTERED": "1:1,23:MARRIAGE_NOT_REGISTERED,2:R1,4:none,",
    "PERSON_DECEASED": "1:1,15:PERSON_DECEASED,2:R1,10:1404-06-01,",
    "SPOUSE_HAS_NO_NATIONAL_CODE": "1:1,27:SPOUSE_HAS_NO_NATIONAL_CODE,2:R1,3:yes,",
}


def row(record_id, deed_date, spouse):
    sides = (
        registry.Side("husband", "1234567891", "رضائی", "1375-01-01", 1), registry.Side("wife", spouse, None, None, 0))
    return registry.Row(record_id, 1, "registered", deed_date, "1404-06-01", "none", "temporary", sides, ())


def check(report):
    def compare(what, digest, bytes_by_hand):
        if digest != hashlib.sha256(bytes_by_hand.encode()).hexdigest():
            report.violation(NAME, what)

    compare("a proposal", findings.proposal_sha256(json.loads((schema.PLACE / EXAMPLE).read_text("utf-8"))), PROPOSAL)
    known = registry.Registry()
    for each in (row("R2", "1404-05-20", None), row("R1", "1404-05-20", "0076543218"), row("R0", "1399-01-01", None)):
        known.record(each)
    view = known.view("1234567891")
    key = registry.ClaimKey("1234567891", "0076543218", None, "1404-05-20")
    for ground, by_hand in SEEN.items():
        seen = findings.facts_seen(ground, view, key, PERSON)
        compare(f"{ground}: {len(seen)} forms", min(seen, default=None), by_hand)
    report.done(NAME, f"{NAME} ({1 + len(SEEN)})")
