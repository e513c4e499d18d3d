"""The defects. Each is a patch whose header states the defect in one sentence and names its tests."""

import dataclasses
import hashlib
import os
import pathlib
import re
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CAUGHT, SURVIVED = "caught", "SURVIVED"
NAME = re.compile(r"\d{3}-[a-z0-9-]+")


@dataclasses.dataclass
class Outcome:
    what: str
    detail: str


@dataclasses.dataclass
class Defect:
    name: str
    path: pathlib.Path
    sentence: str
    catches: list  # (kind, test)
    digest: str


def all_defects():
    return [read(path) for path in sorted(HERE.glob("*.patch"))]


def read(path):
    text = path.read_text()
    head = text.split("\n--- ")[0]
    sentence = re.search(r"^defect: (.*)$", head, re.M)
    catches = re.findall(r"^catch: (lib|it|checker) (\S+)$", head, re.M)
    return Defect(path.stem, path, sentence[1] if sentence else "", catches, hashlib.sha256(text.encode()).hexdigest())


def applies(defect, tree, *flags):
    """Runs `git apply` in `tree`, which may be inside another repository. Returns whether it succeeded."""
    command = ["git", "apply", *flags, str(defect.path)]
    done = subprocess.run(command, cwd=tree, env=outside(tree), capture_output=True, check=False)
    return done.returncode == 0


def outside(tree):
    return os.environ | {"GIT_CEILING_DIRECTORIES": str(pathlib.Path(tree).parent)}


def exists(kind, test):
    """Whether the test exists. For the checker, `test` is the number of a promise."""
    if kind == "checker":
        return any(f'TITLE = "{test} ' in path.read_text() for path in (ROOT / "tests/checker/promises").glob("*.py"))
    *modules, function = test.split("::")
    modules = [module for module in modules if module != "tests"]
    base = ROOT / ("src" if kind == "lib" else "tests/it")
    place = base.joinpath(*modules)
    files = [place.with_suffix(".rs"), *place.parent.glob(f"{place.name}_tests.rs"), *place.glob("*.rs")]
    return any(re.search(rf"\bfn {function}\(", path.read_text()) for path in files if path.exists())


def problems(defects):
    found = []
    for defect in defects:
        if not NAME.fullmatch(defect.name):
            found.append(f"{defect.name}: the name is not of the form NNN-name")
        if not defect.sentence.endswith(".") or not defect.catches:
            found.append(f"{defect.name}: its header lacks `defect: …` or `catch: …`")
        if not applies(defect, ROOT, "--check"):
            found.append(f"{defect.name}: does not apply")
        found += [f"{defect.name}: no test {kind} {test}" for kind, test in defect.catches if not exists(kind, test)]
    numbers = [defect.name[:3] for defect in defects]
    found += [
        f"{number}: several defects have this number" for number in sorted(set(numbers)) if numbers.count(number) > 1
    ]
    return found
