"""The output of a run: its plan, its timeline, all logs, the checker's report and one line of results."""

import collections
import json
import pathlib
import statistics
import threading
import time


class Evidence:
    def __init__(self, home, name):
        self.home = pathlib.Path(home).resolve()
        self.folder = self.home / name
        self.folder.mkdir(parents=True)
        self._began, self._lock = time.monotonic(), threading.Lock()
        self._timeline = open(self.folder / "timeline.jsonl", "w", encoding="utf-8")  # stays open during the whole run
        self.counts = collections.Counter()

    def seconds(self):
        return round(time.monotonic() - self._began, 2)

    def log(self, what, to_console=True, **more):
        with self._lock:
            print(json.dumps({"at": self.seconds(), "what": what} | more, default=str), file=self._timeline, flush=True)
        if to_console:
            details = " ".join(f"{key}={value}" for key, value in more.items())
            print(f"chaos: {self.seconds():7.1f} s  {what} {details}".rstrip(), flush=True)

    def count(self, what, n=1):
        with self._lock:
            self.counts[what] += n

    def write(self, name, content):
        (self.folder / name).write_text(
            content if isinstance(content, str) else json.dumps(content, indent=1, default=str) + "\n"
        )

    def result(self, line):
        self.write("result.json", line)
        with open(self.home / "results.jsonl", "a", encoding="utf-8") as file:
            print(json.dumps(line), file=file)


def total(home):
    """Adds up the results of all runs in `home`."""
    lines = [json.loads(line) for line in (pathlib.Path(home) / "results.jsonl").read_text().splitlines()]
    kills, faults = collections.Counter(), collections.Counter()
    for line in lines:
        kills.update(line["kills"])
        faults.update(line["faults"])
    took = {
        kind: [seconds for line in lines for seconds in line["served_again_s"][kind]] for kind in ("relay", "intake")
    }
    return {
        "runs": len(lines),
        "hours": hours(lines),
        "hours_with_starved_cores": hours(line for line in lines if line.get("starved_cores")),
        "runs_of_100000_events": sum(line["events"] >= 100_000 for line in lines),
        "failed_seeds": [line["seed"] for line in lines if not line["passed"]],
        "kills": sum(kills.values()),
        "kills_of": dict(kills),
        "zombies": sum(line["zombies"] for line in lines),
        "lost_answers": sum(line["lost_answers"] for line in lines),
        "poison": sum(line["poison"] for line in lines),
        "files": sum(line.get("files", 0) for line in lines),
        "fresh_files": sum(line.get("fresh_files", 0) for line in lines),
        "faults": dict(faults),
        "events": sum(line["events"] for line in lines),
        "documents": sum(line["documents"] for line in lines),
        "served_again_s": {kind: spread(values) for kind, values in took.items()},
        "violations": sum(line["violations"] for line in lines),
    }


def hours(lines):
    """Hours of load and faults. Settling and the checker are not counted."""
    return round(sum(line["minutes"] for line in lines) / 60, 2)


def spread(values):
    if not values:
        return {"times": 0}
    return {"times": len(values), "median": round(statistics.median(values), 1), "longest": round(max(values), 1)}
