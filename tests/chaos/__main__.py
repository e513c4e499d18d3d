"""The command: one run, or the sum of those that left their results."""

import argparse
import json
import pathlib
import random
import signal
import sys

from . import closes, evidence, running, stack


def arguments():
    parser = argparse.ArgumentParser(prog="chaos", description="Breaks a running Peyvand, and lets the checker speak afterwards.")
    parser.add_argument("--minutes", type=float, default=3, help="of load and faults; coming to rest and the checker take some more")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31), help="what is drawn; by chance unless told")
    parser.add_argument("--cluster", type=int, choices=(1, 3), default=1, help="brokers")
    parser.add_argument("--services", type=int, choices=(2, 3, 4), default=3, help="`serve` processes")
    parser.add_argument("--marriages", type=int, default=400, help="in one published month; months follow each other while there is time")
    parser.add_argument("--publishers", type=int, default=4, help="months that are published at the same time")
    parser.add_argument("--closes", type=int, default=3, choices=range(len(closes.TURNS)), help="months closed amid the faults; the rest after")
    parser.add_argument("--gap", type=float, default=4, help="seconds between two faults, on average")
    parser.add_argument("--faults", type=lambda text: text.split(",") if text else [], help="only these, with commas; none with an empty word")
    parser.add_argument("--starve", type=int, default=0, metavar="CORES", help="cores that other processes keep busy all the time")
    parser.add_argument("--horizon", action="store_true", help="a transaction stays open all the time, and nothing else is wrong")
    parser.add_argument("--peyvand", type=lambda text: pathlib.Path(text).resolve(), default=stack.ROOT / "target" / "debug" / "peyvand", help="the binary")
    parser.add_argument("--evidence", type=pathlib.Path, default=stack.ROOT / ".local" / "chaos", help="a folder for each run, and results.jsonl")
    parser.add_argument("--total", action="store_true", help="add up results.jsonl, and run nothing")
    options = parser.parse_args()
    if options.horizon:
        # What stalls or dies beside a fault, or a killed close, says nothing of the transaction.
        options.faults, options.closes = [], 0
    return options


def main():
    options = arguments()
    if options.total:
        print(json.dumps(evidence.total(options.evidence), indent=1))
        return 0
    # Also when it is told to end, it ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        line = running.Run(options).to_the_end()
    except BaseException:
        print(f"chaos: broken off; again with SEED={options.seed}; what there is lies in {options.evidence}")
        raise
    print(json.dumps(line))
    if line["passed"]:
        print(f"chaos: {sum(line['kills'].values())} kills, {line['zombies']} zombies, {line['events']:,} events: every promise was kept")
        return 0
    print(f"chaos: FAILED with {line['violations']} violations; again with SEED={options.seed}; the evidence is in {options.evidence}")
    return 1


sys.exit(main())
