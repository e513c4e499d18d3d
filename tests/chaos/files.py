"""The generated months and the corrections of their rows."""

import csv
import json

# Insured records and marriages may arrive in any order. Each wave draws one of these orders.
ORDERS = (
    ("persons", "employments", "wages", "earlier-payments", "marriages", "self-registrations"),
    ("marriages", "self-registrations", "persons", "wages", "employments", "earlier-payments"),
    ("wages", "persons", "marriages", "earlier-payments", "employments", "self-registrations"),
)
NAMES = {kind: f"{kind.replace('-', '_')}.csv" for kind in ORDERS[0]}


def generate(installation, folder, day, marriages, seed):
    """Generates an invented month, as the registry would send it on `day`."""
    done = installation.run("generate", folder, "--marriages", marriages, "--seed", seed, "--today", day, "--json")
    if done.returncode:
        raise OSError(f"generate: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return reader.fieldnames, list(reader)


def write(path, columns, lines):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    return path


def sound(row):
    """Whether the publisher sends the row. The generator adds some faulty rows that it rejects."""
    return all(row[name] for name in row if name.endswith(("birth_date", "national_code", "family_name")))


def corrected_marriages(folder, path, chance, version):
    """Writes some rows again with a higher version: another name, an ended marriage, an earlier deed, or no change."""
    columns, lines = rows(folder / NAMES["marriages"])
    changed = []
    for row in chance.sample(lines, len(lines) // 12):
        if not sound(row) or not row["record_version"].isdigit():
            continue
        row = row | {"record_version": str(version)}
        what = chance.randrange(6)
        if what == 0:
            row["wife_family_name"] = "ناشناس"
        elif what == 1:
            row["status"] = chance.choice(("annulled", "divorced"))
        elif what == 2:
            row["deed_date"] = f"{row['deed_date'][:8]}01"
        elif what == 3:
            row["husband_earlier_marriages"] = "1"
        changed.append(row)
    return write(path, columns, changed)


def corrected_persons(folder, path, chance, only=None):
    """Writes some persons again with another account, no account, an unconfirmed mobile or a date of death.
    With `only`, these persons get another valid account."""
    columns, lines = rows(folder / NAMES["persons"])
    lines = [row for row in lines if sound(row)]
    good = [
        row["sheba"]
        for row in lines
        if row["sheba_owner"] == "yes" and row["sheba"].startswith("IR") and len(row["sheba"]) == 26
    ]
    changed = []
    for row in lines if only is not None else chance.sample(lines, len(lines) // 15):
        what = 0 if only is not None else chance.randrange(5)
        if only is not None and row["national_code"] not in only:
            continue
        if what in (0, 1):
            row = row | {"sheba": chance.choice(good), "sheba_owner": "yes"}
        elif what == 2:
            row = row | {"sheba": "", "sheba_owner": ""}
        elif what == 3:
            row = row | {"mobile_owner": "no"}
        else:
            row = row | {"deceased_on": "1404-07-25"}
        changed.append(row)
    return write(path, columns, changed)
