"""Keeps cores busy, so that threads wait longer for a core. The busy processes end with the run, or after a time
limit."""

import os
import subprocess
import sys
import time

# Separate processes: threads would starve only the runner itself.
BUSY = "import chaos.starve as starve, sys; starve.spin(int(sys.argv[1]), float(sys.argv[2]))"


def spin(parent, seconds):
    """Computes until the time is over or the parent process is gone."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and os.getppid() == parent:
        for number in range(1_000_000):
            number * number


class Busy:
    def __init__(self, cores, seconds):
        """`seconds`: an upper limit, longer than the run is expected to take."""
        command = [sys.executable, "-c", BUSY, str(os.getpid()), str(seconds)]
        self._processes = [subprocess.Popen(command, stdin=subprocess.DEVNULL) for _ in range(cores)]
        self._cores = cores

    def end(self):
        """Ends the processes. Returns how many kept a core busy until now."""
        lasted = sum(process.poll() is None for process in self._processes)
        for process in self._processes:
            process.kill()
            process.wait()
        self._processes = []
        return lasted
