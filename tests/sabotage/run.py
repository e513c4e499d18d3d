#!/usr/bin/env python3
"""Plants one defect after the other in a copy of the tree and checks that the tests that it names catch it
(README.md)."""

import argparse
import re
import subprocess
import sys
import time

from defects import CAUGHT, SURVIVED, Defect, Outcome, all_defects, problems
from results import Results, inputs_of
from tree import TREE, Copy

# Seconds. A test that exceeds this limit because of a defect counts as failed. Without a defect, no test needs half of
# it.
LONGEST = 300
CHECKER = "contract::checker::a_month_through_the_real_parts_keeps_every_promise"
COUNTS = re.compile(r"^test result: .* (\d+) passed; (\d+) failed", re.M)
PANIC = re.compile(r"^thread '.*panicked at ([^\n]*?):\d+:\n([^\n]*)", re.M)
# A failure because of a missing broker or database proves nothing about the defect.
UNRELATED = re.compile(r"is not set: these tests want|Broker transport failure|Connection refused")


def cargo(arguments, longest=LONGEST):
    """Runs Cargo in the copy. Returns whether it succeeded (None on timeout) and its output."""
    command = ["cargo", "test", "--locked", "--features", "failpoints", *arguments]
    with subprocess.Popen(command, cwd=TREE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", start_new_session=True) as child:
        try:
            output, _ = child.communicate(timeout=longest)
        except subprocess.TimeoutExpired:
            subprocess.run(["kill", "-KILL", "--", f"-{child.pid}"], check=False)
            child.communicate()
            return None, ""
    return child.returncode == 0, output


def target(kind):
    return ["--lib"] if kind == "lib" else ["--test", "it"]


def test(kind, name):
    """Runs one test of the built copy."""
    wanted = CHECKER if kind == "checker" else name
    good, output = cargo([*target(kind), "--", "--exact", wanted])
    if good is None:
        return Outcome(CAUGHT, f"it did not end within {LONGEST} s")
    counts, unrelated = COUNTS.search(output), UNRELATED.search(output)
    if counts and counts.groups() == ("0", "0"):
        return Outcome("no such test", wanted)
    if good:
        return Outcome(SURVIVED, "")
    if unrelated or not counts:
        return Outcome("failed for another reason", unrelated[0] if unrelated else output[-200:])
    if kind == "checker":
        broken = [line.strip() for line in output.splitlines() if "FAILED (" in line]
        by_it = [line for line in broken if line.startswith(f"{name} ")]
        return Outcome(CAUGHT, by_it[0]) if by_it else Outcome("failed for another reason", "; ".join(broken))
    panic = PANIC.search(output)
    return Outcome(CAUGHT, f"{panic[1]}: {panic[2]}" if panic else "it failed")


def plant(copy: Copy, defect: Defect):
    """Returns the outcome of one defect. CAUGHT means that every test that it names failed."""
    copy.refresh()
    if not copy.apply(defect):
        return Outcome("does not apply", "")
    for kind in {target(kind)[-1]: kind for kind, _ in defect.catches}.values():
        good, output = cargo(["--no-run", *target(kind)])
        if not good:
            error = re.search(r"^error.*", output, re.M)
            return Outcome("does not compile", error[0] if error else "")
    outcomes = [test(kind, name) for kind, name in defect.catches]
    return next((outcome for outcome in outcomes if outcome.what != CAUGHT), outcomes[0])


def baseline(copy: Copy, results: Results, defects):
    """Runs every named test without a defect. Returns the tests that fail."""
    copy.refresh()
    named = sorted({catch for defect in defects for catch in defect.catches})
    keys = {catch: ("without a defect", " ".join(catch), inputs_of([catch])) for catch in named}
    for place in ("--lib", "it"):
        wanted = [catch for catch in named if target(catch[0])[-1] == place and not results.known(keys[catch])]
        if wanted:
            print(f"without a defect: {len(wanted)} tests", flush=True)
            names = {CHECKER if kind == "checker" else name for kind, name in wanted}
            _, output = cargo([*target(wanted[0][0]), "--", "--exact", *names, "--test-threads", "5"], longest=1200)
            passed = set(re.findall(r"^test (\S+) \.\.\. ok$", output, re.M))
            for kind, name in wanted:
                if (CHECKER if kind == "checker" else name) in passed:
                    results.keep(keys[kind, name], Outcome(SURVIVED, ""), 0)
            print("\n".join(f"{place}: {line}" for line in PANIC.findall(output)), end="")
    return {catch for catch in named if not results.known(keys[catch])}


def run(defects, deadline):
    copy, results, rows = Copy(), Results(), []
    bad = baseline(copy, results, defects)
    for defect in defects:
        key = (defect.name, defect.digest, inputs_of(defect.catches))
        outcome = results.known(key)
        if not outcome and bad & set(defect.catches):
            outcome = Outcome("its test also fails without it", "")
        elif not outcome and time.monotonic() > deadline:
            outcome = Outcome("not run yet", "")
        elif not outcome:
            began = time.monotonic()
            outcome = plant(copy, defect)
            if outcome.what in (CAUGHT, SURVIVED):
                results.keep(key, outcome, time.monotonic() - began)
            print(f"{defect.name}: {outcome.what}", flush=True)
        rows.append((defect, outcome, results.seconds(key)))
    copy.refresh()
    return rows


def table(rows):
    print()
    for defect, outcome, seconds in rows:
        tests = ", ".join(f"{kind} {name}" for kind, name in defect.catches)
        by = f"caught by {tests}" if outcome.what == CAUGHT else f"{outcome.what} ({tests})"
        print(f"{defect.name:42} {seconds:5.0f} s  {by}\n{'':10}{defect.sentence}\n{'':10}→ {outcome.detail[:160]}")
    caught = sum(outcome.what == CAUGHT for _, outcome, _ in rows)
    print(f"\n{caught} of {len(rows)} defects caught, {sum(seconds for _, _, seconds in rows):.0f} s in total")
    return 0 if caught == len(rows) else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="run only defects whose names contain this text")
    parser.add_argument("--minutes", type=float, default=1e6,
                        help="start no defect after this number of minutes; the next run continues")
    parser.add_argument("--check", action="store_true",
                        help="only check that every patch applies and names existing tests")
    options = parser.parse_args()
    defects = [defect for defect in all_defects() if options.only in defect.name]
    found = problems(defects)
    if options.check or found or not defects:
        print("\n".join(found) or f"{len(defects)} planted defects apply and name their tests")
        return 0 if defects and not found else 1
    return table(run(defects, time.monotonic() + 60 * options.minutes))


if __name__ == "__main__":
    sys.exit(main())
