"""`check sample`: compares every line of tests/sample/expected.jsonl with the oracle's answer to the sample's files."""

import collections
import json
import pathlib

from .feed import csvfiles
from .law import claims, dossier, registry, tables

PLACE = pathlib.Path(__file__).resolve().parents[1] / "sample"
TODAY = "1404-08-01"


def load(folder):
    """Builds the registry and the dossiers from a folder's files."""
    known, dossiers = registry.Registry(), collections.defaultdict(dossier.Dossier)
    for kind, name in csvfiles.FILES.items():
        path = pathlib.Path(folder) / name
        for offset, (_, data) in enumerate(csvfiles.read(kind, path) if path.exists() else ()):
            if data is None:
                continue
            if kind == "marriages":
                known.record(registry.row_of(data))
            elif kind == "self-registrations":
                known.submit(registry.request_of(data, offset))
            elif kind == "persons":
                dossiers[data["national_code"]].change_person(data, offset)
            elif kind == "employments":
                dossiers[data["national_code"]].change_employment(data, offset)
            elif kind == "wages":
                dossiers[data["national_code"]].post_wage(data, offset)
            elif kind == "earlier-payments":
                dossiers[data["national_code"]].record_payment(data, 0)
    return known, dossiers


def answers(folder, today, law):
    """(record or request id, national code) of each claim -> answer."""
    known, dossiers = load(folder)
    found = {}
    for code in known.persons():
        view = known.view(code)
        for key in view.claims(dossiers[code].insured):
            row = view.row_for(key)
            place = (row.record_id if row else view.request_for(key).request_id, code)
            found[place] = claims.judge(view, key, dossiers[code], today, law)
    return found


def compare(line, answer):
    wanted = (line["outcome"], sorted(line["reasons"]), line["amount_rial"], line["days"], line["wage_sum_rial"])
    ours = answer and (answer.outcome, sorted(answer.reasons), answer.amount, answer.days, answer.wage_sum)
    names = ("outcome", "reasons", "amount", "days", "wage sum")
    if ours is None:
        return "the oracle has no claim"
    different = [f"{name}: expected {w}, oracle {o}" for name, w, o in zip(names, wanted, ours) if w != o]
    return "; ".join(different)


def check(report):
    law = tables.Tables()
    for fault in tables.disagreements(law):
        report.violation("sample", f"tables: {fault}")
    ours, lines = answers(PLACE, TODAY, law), 0
    for number, text in enumerate((PLACE / "expected.jsonl").read_text(encoding="utf-8").splitlines(), 1):
        line, lines = json.loads(text), number
        fault = compare(line, ours.pop((line["record_id"], line["national_code"]), None))
        if fault:
            report.violation("sample", f"expected.jsonl line {number}, {line['record_id']}: {fault}")
    for record_id, _ in ours:
        report.violation("sample", f"{record_id}: the oracle has a claim that is not in expected.jsonl")
    report.done("sample", f"sample: the oracle agrees with expected.jsonl ({lines} lines)")
