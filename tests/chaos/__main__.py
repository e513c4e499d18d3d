"""The command line: one run, or the totals of earlier runs."""

import argparse
import json
import pathlib
import random
import signal
import sys

from . import closes, evidence, running, stack


def arguments():
    parser = argparse.ArgumentParser(
        prog="chaos", description="Injects faults into a running Peyvand, then runs the checker."
    )
    parser.add_argument("--minutes", type=float, default=3,
                        help="minutes of load and faults; settling and the checker take extra time")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31),
                        help="seed of the plan and the load (default: random)")
    parser.add_argument("--cluster", type=int, choices=(1, 3), default=1, help="number of brokers")
    parser.add_argument("--services", type=int, choices=(2, 3, 4), default=3, help="number of `serve` processes")
    parser.add_argument("--marriages", type=int, default=400,
                        help="marriages in one published month; months are published until the time is over")
    parser.add_argument(
        "--publishers", type=int, default=4, help="number of months that are published at the same time"
    )
    parser.add_argument("--closes", type=int, default=3, choices=range(len(closes.TURNS)),
                        help="number of months that are closed during the faults; the others are closed after them")
    parser.add_argument("--gap", type=float, default=4, help="average seconds between two faults")
    parser.add_argument("--faults", type=lambda text: text.split(",") if text else [],
                        help="draw only these faults, separated by commas; an empty string draws none")
    parser.add_argument("--starve", type=int, default=0, metavar="CORES",
                        help="number of cores that other processes keep busy during the whole run")
    parser.add_argument("--horizon", action="store_true",
                        help="keep one transaction open during the whole run and inject no other fault")
    parser.add_argument("--peyvand", type=lambda text: pathlib.Path(text).resolve(),
                        default=stack.ROOT / "target" / "debug" / "peyvand", help="path of the binary")
    parser.add_argument("--evidence", type=pathlib.Path, default=stack.ROOT / ".local" / "chaos",
                        help="where each run writes its folder, and where results.jsonl is")
    parser.add_argument("--total", action="store_true", help="print the totals of results.jsonl and run nothing")
    options = parser.parse_args()
    if options.horizon:
        # A stall or a dead row that another fault or a killed close causes proves nothing about the open transaction.
        options.faults, options.closes = [], 0
    return options


def main():
    options = arguments()
    if options.total:
        print(json.dumps(evidence.total(options.evidence), indent=1))
        return 0
    # On SIGTERM the runner still stops every process that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        line = running.Run(options).to_the_end()
    except BaseException:
        print(f"chaos: interrupted; repeat with SEED={options.seed}; partial evidence is in {options.evidence}")
        raise
    print(json.dumps(line))
    if line["passed"]:
        print(f"chaos: {sum(line['kills'].values())} kills, {line['zombies']} zombies, {line['events']:,} events: "
              "every promise was kept")
        return 0
    print(f"chaos: FAILED with {line['violations']} violations; repeat with SEED={options.seed}; "
          f"the evidence is in {options.evidence}")
    return 1


sys.exit(main())
