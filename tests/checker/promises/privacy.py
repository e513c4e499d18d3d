"""6: no personal data in logs or in the reasons of dead letters."""

TITLE = "6 no personal data"


def check(world, report):
    secrets, lines = world.inputs.secrets, 0
    for path in world.logs:
        with open(path, encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, 1):
                lines += 1
                found = secrets.kind_in(line)
                if found:
                    report.violation(6, f"{path} line {number}: {found}")
    for place, headers, _ in world.outputs.dead.values():
        found = secrets.kind_in(headers["dead_letter_reason"])
        if found:
            report.violation(6, f"{place}: {found} in the reason")
    logs = f"{len(world.logs)} logs, {lines:,} lines" if world.logs else "no --logs were given"
    report.done(6, f"{TITLE} ({logs}; {len(world.outputs.dead):,} reasons of dead letters)")
