"""Objections and findings as one close read them."""

from .law import findings, objections


class Casework:
    def __init__(self):
        self.findings, self.objections = findings.Findings(), objections.Objections()

    def apply(self, event):
        where = (event.partition, event.offset)
        if event.type == "portal.objection.submitted":
            self.objections.submit(event.data)
        elif event.type == "portal.objection.withdrawn":
            self.objections.withdraw(event.data, event.stamp)
        elif event.type == "casework.objection.closed":
            self.objections.close(event.data, where, event.stamp)
        elif event.type == "casework.finding.proposed":
            self.findings.propose(event.data)
        elif event.type in ("casework.finding.approved", "casework.finding.rejected"):
            self.findings.judge(event.data, event.type == "casework.finding.approved", where)
