"""The stored outcome of each defect, so that an interrupted run can continue. The key contains digests of the patch and
of the files that the outcome depends on."""

import functools
import hashlib
import json

from defects import ROOT, Outcome
from tree import HOME, tracked

FILE = HOME / "results.jsonl"
# Files on which every outcome depends. Changes of other tests do not affect the outcome of a test.
PRODUCT = ("src/", "migrations/", "tables/", "schemas/", "Cargo.toml", "Cargo.lock")
SHARED = ("tests/it/harness/", "tests/it/fixtures/population.rs", "tests/it/contract/schemas.rs")


@functools.cache
def files():
    return {str(name): hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in tracked()}


def inputs_of(catches):
    """A digest of the product's files and the tests' own files."""
    wanted = set(PRODUCT)
    for kind, test in catches:
        if kind == "it":
            module = test.split("::")[0]
            wanted |= {f"tests/it/{module}.rs", f"tests/it/{module}/", "tests/law/", "tests/sample/", *SHARED}
        elif kind == "checker":
            wanted |= {"tests/it/contract/checker.rs", "tests/checker/", *SHARED}
    names = sorted(name for name in files() if name.startswith(tuple(wanted)))
    return hashlib.sha256("".join(name + files()[name] for name in names).encode()).hexdigest()


class Results:
    def __init__(self):
        HOME.mkdir(parents=True, exist_ok=True)
        lines = FILE.read_text().splitlines() if FILE.exists() else []
        self._kept = {tuple(row["key"]): row for row in map(json.loads, lines)}

    def known(self, key):
        row = self._kept.get(key)
        return row and Outcome(row["what"], row["said"])

    def seconds(self, key):
        return self._kept.get(key, {}).get("seconds", 0)

    def keep(self, key, outcome, seconds):
        row = {"key": key, "what": outcome.what, "said": outcome.detail, "seconds": round(seconds, 1)}
        self._kept[key] = row
        with FILE.open("a") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
