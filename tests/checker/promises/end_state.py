"""5: the same inputs lead to the same state: an order-independent digest of a state, and the comparison of two
states."""

import collections
import hashlib
import json

TITLE = "5 the state's digest"
SUMS = ("days", "wage_sum")


def state_of(world):
    """Name of the claim -> its end. It contains no id that depends on order or installation, and no personal data.

    `told` is a digest of the reasons with their facts and texts."""
    outputs, places = world.outputs, world.replay.places if world.replay else {}
    documents, kinds = outputs.by_claim(), collections.defaultdict(set)
    for case in outputs.cases:
        kinds[case.data["claim_id"]].add(case.data["kind"])
    state, answered = {}, answers_of(world)
    for claim, decision in outputs.latest.items():
        if decision.reasons == ("RECORD_WITHDRAWN",):
            continue  # published only if a decision was published before; that depends on the order of the inputs
        place = places.get(outputs.keys[claim]) or unnamed(decision, outputs.keys[claim])
        line = {
            "outcome": decision.outcome,
            "reasons": sorted(decision.reasons),
            "amount": decision.amount,
            "days": decision.days,
            "wage_sum": decision.wage_sum,
            "told": decision.reasons_digest,
            "findings": sorted(decision.findings),
            "answers": sorted(answered[claim]),
            "cases": sorted(kinds[claim]),
            "documents": [
                [each.data["attempt"], each.data["month"], each.data["amount_rial"]]
                for each in documents.get(claim, ())
            ],
        }
        if place in state:
            state[place] = {"claims": sorted([state[place], line], key=json.dumps)}
        else:
            state[place] = line
    return state


def answers_of(world):
    """Claim -> the answers to its objections. Whether a withdrawn objection was answered before depends on which of two
    topics was read first."""
    withdrawn = {each.objection_id for each in world.inputs.casework[-1].objections.all() if each.withdrawn is not None}
    found = collections.defaultdict(list)
    for answer in world.outputs.objection_answers:
        if answer.data["objection_id"] not in withdrawn:
            found[answer.data["claim_id"]].append([answer.data["objection_id"], answer.data["accepted"]])
    return found


def unnamed(decision, key):
    """A name without inputs: they would identify the spouse. The order of the two does not reveal their codes."""
    return f"{decision.record}/{'first' if key.spouse is None or key.code < key.spouse else 'second'}"


def lines_of(state):
    return [json.dumps({"claim": place, **state[place]}, sort_keys=True) for place in sorted(state)]


def without_sums(lines):
    """Removes days and wage sums: between closes they may be those of an earlier revision with the same answer."""
    stripped = []
    for line in map(json.loads, lines):
        for name in SUMS:
            line.pop(name, None)
        stripped.append(json.dumps(line, sort_keys=True))
    return stripped


def digest(lines):
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()


def check(world, report, path=None):
    lines = lines_of(state_of(world))
    if path:
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)
    known = len({json.loads(line)["claim"] for line in lines})
    if known != len(lines):
        report.violation(5, "two claims have the same name")
    report.done(5, f"{TITLE} ({len(lines):,} claims) {digest(lines)}, without sums {digest(without_sums(lines))}")


def compare(one, other, report):
    """Compares two states that `--state` wrote."""
    states = []
    for path in (one, other):
        with open(path, encoding="utf-8") as file:
            states.append({line["claim"]: line for line in map(json.loads, file)})
    first, second = states
    sums = 0
    for claim in sorted(first.keys() | second.keys()):
        if claim not in first or claim not in second:
            report.violation(5, f"{claim}: only in {one if claim in first else other}")
            continue
        names = first[claim].keys() | second[claim].keys()
        fields = sorted(name for name in names if first[claim].get(name) != second[claim].get(name))
        if fields:
            sums += set(fields) <= set(SUMS)
            report.violation(5, f"{claim}: {', '.join(fields)} differ")
    report.done(
        5, f"5 both states are the same ({len(first):,} and {len(second):,} claims; {sums:,} differ only in sums)"
    )
