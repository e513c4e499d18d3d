"""Objections, findings and endings of cases as one close read them."""

from .law import endings, findings, objections


class Casework:
    def __init__(self):
        self.findings, self.objections = findings.Findings(), objections.Objections()
        self.endings = endings.Endings()

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
        elif event.type == "casework.case.ending-proposed":
            self.endings.propose(event.data)
        elif event.type in ("casework.case.ending-approved", "casework.case.ending-rejected"):
            self.endings.judge(event.data, event.type == "casework.case.ending-approved", where)
