"""Keeps cores busy, so that whatever waits for a turn waits longer; ends with the run, or by itself where nobody ends it."""

import os
import subprocess
import sys
import time

# A process of its own: threads of the runner would starve the runner alone.
BUSY = "import chaos.starve as starve, sys; starve.spin(int(sys.argv[1]), float(sys.argv[2]))"


def spin(parent, seconds):
    """Computes until the time is over, or its parent is gone."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and os.getppid() == parent:
        for number in range(1_000_000):
            number * number


class Busy:
    def __init__(self, cores, seconds):
        """At most so long: some more than the run is thought to take."""
        command = [sys.executable, "-c", BUSY, str(os.getpid()), str(seconds)]
        self._processes = [subprocess.Popen(command, stdin=subprocess.DEVNULL) for _ in range(cores)]
        self._cores = cores

    def end(self):
        """How many kept a core busy to the end."""
        lasted = sum(process.poll() is None for process in self._processes)
        for process in self._processes:
            process.kill()
            process.wait()
        self._processes = []
        return lasted
