"""10: every insured person with a live marriage has a claim for it."""

import collections

from ..law import registry

TITLE = "10 every insured person with a live marriage has a claim"
Marriage = collections.namedtuple("Marriage", "record_id status deed_date registered_on husband wife")


def check(world, report):
    def violation(text):
        report.violation(10, text)

    count = check_topics(world, violation) if world.replay else 0
    if world.database:
        count = check_database(world, violation)
    report.done(10, f"{TITLE} ({count:,} marriages of insured persons)")


def is_in_force(world, deed_date):
    return world.deeds_from is None or deed_date >= world.deeds_from


def check_topics(world, violation):
    """Checks all persons whom the inputs insure, by the published decisions."""
    known, count = set(world.outputs.keys.values()), 0
    for code in world.replay.insured:
        for row in world.inputs.registries[-1].view(code).live:
            if not is_in_force(world, row.deed_date):
                continue
            count += 1
            if registry.key_of(row, code) not in known:
                role = registry.side_of(row, code).role
                violation(f"record {row.record_id}, {role}: insured by the topics, but no claim was ever published")
    return count


def check_database(world, violation):
    insured = {row["code"] for row in world.database.rows("insured")}
    claims = {
        (row["person"], row["spouse"], row["unnamed_record"], row["deed_date"]) for row in world.database.rows("claims")
    }
    count = 0
    for row in authoritative(world.database.rows("marriages")):
        if row.status == "annulled" or not is_in_force(world, row.deed_date):
            continue
        for role, person, spouse in (("husband", row.husband, row.wife), ("wife", row.wife, row.husband)):
            if person not in insured:
                continue
            count += 1
            if (person, spouse, "" if spouse else row.record_id, row.deed_date) not in claims:
                violation(f"record {row.record_id}, {role}: insured in the database, but without a claim there")
    return count


def authoritative(rows):
    """Of two records of one pair and date, the one registered later is authoritative; if equal, the one with the
    greater id."""
    same = collections.defaultdict(list)
    for row in rows:
        marriage = Marriage(*(row[name] for name in Marriage._fields))
        codes = tuple(sorted((marriage.husband, marriage.wife)))
        same[(codes, marriage.deed_date) if all(codes) else marriage.record_id].append(marriage)
    return [max(each, key=lambda row: (row.registered_on, row.record_id.encode())) for each in same.values()]
