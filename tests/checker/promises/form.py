"""8: every record that went out is well formed: schema, headers, keys, ids once a topic, revisions that rise, cases once."""

import collections

TITLE = "8 every record is well formed, once, and in order"


def check(world, report):
    outputs = world.outputs
    for fault in outputs.faults:
        report.violation(8, fault)
    for topic in world.missing:
        report.violation(8, f"{topic} is not there")
    open_cases = collections.Counter((case.data["document_id"], case.data["kind"]) for case in outputs.cases)
    issued = {document.data["document_id"]: document.data["claim_id"] for document in outputs.documents}
    for (document_id, kind), count in open_cases.items():
        if count > 1:
            report.violation(8, f"document {document_id}: {count} cases `{kind}`")
    for case in outputs.cases:
        if issued.get(case.data["document_id"]) != case.data["claim_id"]:
            report.violation(8, f"{case.place}: a case of a document that was not issued, or of another claim")
    report.done(8, f"{TITLE} ({sum(outputs.counts.values()):,} records, {outputs.decided:,} decisions)")
