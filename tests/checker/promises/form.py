"""8: every output record is well formed: schema, headers, keys, ids unique in a topic, increasing revisions, no case
twice."""

import collections

TITLE = "8 every record is well formed, unique and in order"


def check(world, report):
    outputs = world.outputs
    for fault in outputs.faults:
        report.violation(8, fault)
    for topic in world.missing:
        report.violation(8, f"topic {topic} does not exist")
    open_cases = collections.Counter((case.data["document_id"], case.data["kind"]) for case in outputs.cases)
    issued = {document.data["document_id"]: document.data["claim_id"] for document in outputs.documents}
    for (document_id, kind), count in open_cases.items():
        if count > 1:
            report.violation(8, f"document {document_id}: {count} cases `{kind}`")
    for case in outputs.cases:
        if issued.get(case.data["document_id"]) != case.data["claim_id"]:
            report.violation(8, f"{case.place}: its document was not issued, or belongs to another claim")
    report.done(8, f"{TITLE} ({sum(outputs.counts.values()):,} records, {outputs.decided:,} decisions)")
