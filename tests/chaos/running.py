"""One run: start everything, apply load and faults for the given time, repair everything, judge the result."""

import asyncio
import contextlib
import subprocess
import time

from . import (
    closes,
    evidence,
    faults,
    fresh,
    horizon,
    load,
    outsiders,
    plan,
    poison,
    proxy,
    rules,
    services,
    stack,
    starve,
    takeover,
    verdict,
)

FIRST_DAY = closes.TURNS[0][0]
# The most seconds for settling, the last closes and the checker, including runs with busy cores.
AFTERWARDS_S = 3600


def proxies_of(parts, requests):
    """`requests`: the faults of single broker requests."""
    async def to_database():
        return await asyncio.open_unix_connection(str(parts.socket / ".s.PGSQL.5432"))

    def to_broker(port):
        return lambda: asyncio.open_connection("127.0.0.1", port)

    made = {"postgres": proxy.Proxy("postgres", stack.free_port(), to_database, proxy.commits_in_postgres)}
    for number, ports in enumerate(parts.ports, 1):
        name = f"kafka-{number}"
        made[name] = proxy.Proxy(name, ports[3], to_broker(ports[1]), proxy.commits_in_kafka, requests)
    return made


def install(options, parts, proxies):
    """Creates the installation with its topics and tables."""
    doors = ",".join(f"127.0.0.1:{ports[3]}" for ports in parts.ports)
    made = services.Installation(
        options.peyvand,
        "chaos.",
        FIRST_DAY,
        doors,
        parts.outside,
        f"postgres://peyvand@127.0.0.1:{proxies['postgres'].port}/peyvand",
        parts.database_url,
        len(parts.brokers),
    )
    done = made.run("status", "--json", timeout=120)
    if done.returncode:
        raise OSError(f"topics and tables could not be created: {done.stderr}")
    return made


class Run:
    def __init__(self, options):
        self._options = options
        self._evidence = evidence.Evidence(options.evidence, f"run-{options.seed}-{time.strftime('%Y%m%d-%H%M%S')}")
        self._seconds = options.minutes * 60
        self._plan = plan.draw(options.seed, self._seconds, options.gap, options.cluster > 1, options.faults)
        self._evidence.write("plan.json", vars(options) | {"plan": self._plan})

    def to_the_end(self):
        """Runs everything and returns the line of results."""
        options, log = self._options, self._evidence.log
        log("begins", seed=options.seed, evidence=self._evidence.folder)
        self._stack = stack.Stack(options.cluster)
        with contextlib.ExitStack() as clean_up:
            self._busy = starve.Busy(options.starve, self._seconds + AFTERWARDS_S)
            clean_up.callback(self._busy.end)
            clean_up.callback(self._stack.erase)
            clean_up.callback(self._stack.keep_logs, self._evidence.folder)
            self._stack.start()
            self._requests = rules.Rules()
            self._proxies = proxies_of(self._stack, self._requests)
            self._installation = install(options, self._stack, self._proxies)
            self._fleet = services.Fleet(options.services, self._installation, self._evidence)
            clean_up.callback(self._fleet.end)
            self._fleet.start()
            log("everything is up", brokers=options.cluster, services=options.services)
            self._break(clean_up)
            took = self._mend()
            return self._judge(took)

    def _break(self, clean_up):
        options, installation, parts = self._options, self._installation, self._stack
        pace = self._seconds / len(load.DAYS) if options.horizon else 0.0
        self._load = load.Load(installation, self._evidence, parts.home / "load", options.seed, options.marriages, pace)
        clean_up.callback(self._load.end)
        outside = (parts.outside, installation.prefix, options.seed, self._evidence)
        self._finance, self._gateway = outsiders.Finance(*outside), outsiders.Gateway(*outside)
        self._load.returned = self._finance.returned
        self._poisoner = poison.Poisoner(*outside)
        self._watch = takeover.Watch(parts, installation.prefix, self._evidence)
        self._fresh = fresh.FreshTopics(
            installation, parts.outside, self._requests, self._evidence, parts.home, options.seed
        )
        clean_up.callback(self._fresh.end)
        self._faults = faults.Faults(
            parts, self._proxies, self._requests, self._fresh, self._fleet, self._load, self._watch, self._evidence)
        self._closer = closes.Closer(
            installation, self._fleet, parts, self._evidence, options.seed, self._seconds, options.closes
        )
        clean_up.callback(self._closer.end)
        self._load.start(options.publishers)
        for thread in (self._finance, self._gateway, self._poisoner, self._closer):
            thread.start()
        held = horizon.Horizon(parts, self._evidence) if options.horizon else None
        if held:
            held.start()
        until = time.monotonic() + self._seconds
        self._faults.run(self._plan, until)
        time.sleep(max(0.0, until - time.monotonic()))
        self._horizon = held and held.end()

    def _mend(self):
        """Repairs everything. Returns the seconds until all work is done, or None if that fails."""
        log = self._evidence.log
        log("the faults end")
        self._load.finish()
        self._closer.end()
        self._faults.wait()
        self._faults.heal()
        # On starved cores the same work takes several times as long.
        patience = 5 if self._options.starve else 1
        if not self._load.wait(240 * patience):
            log("VIOLATION: files were not received in time")
            self._watch.record_owners()
            return None
        if not self._fresh.wait(300 * patience):
            log("VIOLATION: files were not sent to fresh topics in time")
            return None
        self._poisoner.end()
        log("the load was received")
        # The last close finds all inputs ingested. The answers to its documents arrive after it.
        closer = closes.Closer(
            self._installation, self._fleet, self._stack, self._evidence, self._options.seed, 0, len(closes.TURNS)
        )
        if not closer.finish():
            log("VIOLATION: months were not closed in time")
            return None
        took = verdict.settle(self._installation, self._evidence)
        # Finance and the gateway read the last documents and messages now, then answer all of them.
        time.sleep(2)
        for outsider in (self._finance, self._gateway):
            outsider.hurry()
        again = verdict.settle(self._installation, self._evidence)
        for outsider in (self._finance, self._gateway):
            outsider.end()
        return None if None in (took, again) else took

    def _judge(self, took):
        counts = self._evidence.counts
        lost = verdict.lost_poison(self._installation, self._stack, self._poisoner.places, self._evidence)
        senders = [each.sender for each in (self._finance, self._gateway, self._poisoner)]
        lost += verdict.lost_records(self._installation, self._stack, senders, self._load.claims, self._evidence)
        lost += self._fresh.violations
        statuses = self._fleet.stop()
        found = verdict.check(self._installation, self._load.received, self._evidence)
        violations = found["violations"] + lost + (took is None)
        if self._horizon and not horizon.is_kept(self._horizon):
            self._evidence.log("VIOLATION: dead rows or a stall during an open transaction", **self._horizon)
            violations += 1
        passed = not violations and found["status"] == 0
        if not passed:
            verdict.keep_state(self._installation, self._stack, self._evidence)
        line = {
            "seed": self._options.seed,
            "passed": passed,
            "violations": violations,
            "minutes": self._options.minutes,
            "brokers": self._options.cluster,
            "services": self._options.services,
            "starved_cores": self._busy.end(),
            "kills": {what.removeprefix("kill "): n for what, n in counts.items() if what.startswith("kill ")},
            "zombies": counts["zombies"],
            "poison": len(self._poisoner.places),
            "lost_answers": sum(each.lost_answers for each in self._proxies.values()),
            "faults": {what.removeprefix("fault "): n for what, n in counts.items() if what.startswith("fault ")},
            "events": found["read"] + found["written"],
            "read": found["read"],
            "written": found["written"],
            "documents": found["documents"],
            "files": len(self._load.received),
            "fresh_files": self._fresh.counted_files,
            "acknowledged": sum(len(each.places) for each in senders),
            "requests": dict(self._requests.counts),
            "served_again_s": self._watch.took,
            "at_rest_after_s": took,
            "ended_by_itself": counts["ended by itself"],
            "exit_statuses": statuses,
            "binary": version(self._options.peyvand),
        } | ({"horizon": self._horizon} if self._horizon else {})
        lost_answers = {f"lost by {name}": each.lost_answers for name, each in self._proxies.items()}
        self._evidence.write("counts.json", dict(counts) | lost_answers)
        self._evidence.result(line)
        return line


def version(binary):
    return subprocess.run([binary, "--version"], capture_output=True, text=True, check=False).stdout.strip()
