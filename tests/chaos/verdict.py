"""After the faults: waits until all work is done, then runs the independent checker."""

import json
import re
import subprocess
import time

from checker.feed import broker
from checker.feed.raw import INPUTS

from . import counting, poison, stack


def settle(installation, evidence, seconds=240):
    """Runs `peyvand status --wait` until it succeeds. Returns the seconds that it took, or None after `seconds`."""
    began = time.monotonic()
    while True:
        left = seconds - (time.monotonic() - began)
        if left <= 0:
            return None
        done = installation.run("status", "--wait", "--timeout", max(1, int(left)), "--json", timeout=left + 60)
        evidence.write("status.txt", done.stdout + done.stderr)
        if done.returncode == 0:
            return round(time.monotonic() - began, 1)
        evidence.log("work is still pending", why=(done.stderr.strip() or done.stdout.strip())[-300:])
        time.sleep(1)


def check(installation, received, evidence):
    """Runs the checker over all topics and tables, and over the bytes of all received files. Returns its exit status
    and its numbers of violations, messages read, records written and documents."""
    logs = [str(path) for name in ("serve-*.log", "close-*.log") for path in sorted(evidence.folder.glob(name))]
    evidence.write("published.tsv", "".join(f"{kind}\t{path}\n" for path, kind in received.items()))
    done = subprocess.run(
        [stack.ROOT / "tests" / "checker" / "check", "live", "--state", evidence.folder / "state.jsonl",
         "--published", evidence.folder / "published.tsv", "--logs", *logs],
        capture_output=True, text=True, env=installation.environment(False), check=False)
    output = done.stdout + done.stderr
    evidence.write("checker.txt", output)
    print(output, end="", flush=True)

    def number(pattern):
        found = re.search(pattern, output)
        return int(found[1].replace(",", "")) if found else 0

    violations = sum(int(found.replace(",", "")) for found in re.findall(r"FAILED \(([\d,]+) violations", output))
    return {
        "status": done.returncode,
        "violations": violations,
        "read": number(r"disposition \(([\d,]+) messages"),
        "written": number(r"in order \(([\d,]+) records"),
        "documents": number(r"one payment per person \(([\d,]+) documents"),
    }


def lost_poison(installation, stack_, places, evidence):
    left = poison.missing(stack_.outside, installation.prefix, places)
    for place in sorted(left):
        evidence.log("VIOLATION: a poison message has no dead letter", place=place)
    return len(left)


def lost_records(installation, stack_, senders, claims, evidence):
    """The number of acknowledged records that are not at their positions, and of files that publishers reported as sent
    but that were incomplete."""
    places = [place for sender in senders for place in sender.places]
    count = counting.Count(stack_.outside, installation.prefix, places, claims)
    lost = count.lost_records()
    for place in lost[:20]:
        evidence.log("VIOLATION: an acknowledged record is not in its topic", place=place)
    broken = list(count.broken_claims())
    for fault in broken:
        evidence.log(f"VIOLATION: {fault}")
    repeated = sum(sender.without_offset for sender in senders)
    evidence.log("records were counted", acknowledged=len(places), lost=len(lost),
                  acknowledged_without_offset=repeated, claims=len(claims))
    return len(lost) + len(broken)


def keep_state(installation, stack_, evidence):
    """Saves the database, the outputs and the inputs, as evidence for the cause of a failure."""
    with open(evidence.folder / "database.sql", "wb") as file:
        subprocess.run(["pg_dump", "-h", stack_.socket, "-U", "peyvand", "peyvand"], stdout=file, check=False)
    installation.run("export", evidence.folder / "export")
    (evidence.folder / "export" / "dead-letters.v1.jsonl").unlink(missing_ok=True)  # hundreds of megabytes of poison
    with open(evidence.folder / "inputs.jsonl", "w", encoding="utf-8") as file:
        for raw in records_of(stack_.outside, installation.prefix):
            print(json.dumps(raw), file=file)


def records_of(brokers, prefix):
    """Every input record as it is in its topic. A value that is not text is written in hexadecimal."""
    source = broker.Broker(brokers, prefix)
    for topic in INPUTS:
        for each in source.read(topic):
            text = None if each.value is None else each.value.decode("utf-8", "replace")
            yield each._asdict() | {
                "value": text if text is None or text.encode() == each.value else each.value.hex()[:2000]
            }
    source.close()
