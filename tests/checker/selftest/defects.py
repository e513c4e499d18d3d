"""Plants each defect in the correct state and checks that the right promise catches it."""

import collections
import copy
import pathlib
import tempfile

from .. import published
from .. import report as reporting
from .. import world
from ..feed import database
from . import encodings
from . import fixture as good
from . import plants

BASELINE = "the correct state"


def judge(state):
    """promise -> number of violations in this state; and the report."""
    report = reporting.Report(write=lambda text: None)
    with tempfile.TemporaryDirectory() as home:
        log = pathlib.Path(home) / "log.txt"
        log.write_text("\n".join(state.logs) + "\n", encoding="utf-8")
        files = [written(pathlib.Path(home), kind, text) for kind, text in state.published.items()]
        seen = world.read(state.source, database.Tables(state.tables), logs=[log], live=True, published=files)
        world.check(seen, report)
    return collections.Counter({promise: len(report.violations(promise)) for promise in range(1, 12)}), report


def written(home, kind, text):
    path = home / f"{kind}.csv"
    path.write_bytes(text)
    return published.Published(kind, path)


def check(report):
    encodings.check(report)
    state = good.Fixture()
    counts, found = judge(copy.deepcopy(state))
    for promise in (promise for promise, count in counts.items() if count):
        for text in found.violations(promise)[:3]:
            report.violation(BASELINE, f"promise {promise}: {text}")
    report.done(
        BASELINE, f"{BASELINE} ({len(state.tables['claims'])} claims, {len(state.tables['documents'])} documents)"
    )
    for name, promise, plant in plants.ALL:
        spoiled = copy.deepcopy(state)
        plant(spoiled)
        counts, _ = judge(spoiled)
        caught = [number for number, count in sorted(counts.items()) if count]
        if promise not in caught:
            report.violation(name, f"promise {promise} did not catch it (caught by {caught or 'none'})")
        report.done(name, f"{name}: planted, caught by promise {promise if promise in caught else '-'}"
                          f"{''.join(f', {number}' for number in caught if number != promise)}")
