"""The copy of the tree in which defects are planted. It has its own target folder, in which only this crate is
built."""

import fcntl
import pathlib
import subprocess

from defects import ROOT, applies

HOME = ROOT / ".local/sabotage"
TREE = HOME / "tree"
# Build results of the crate itself. They are not copied, because the crate has another path in the copy.
OWN = ("peyvand", "libpeyvand", "it-", "intake-")


def tracked():
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [pathlib.Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]


class Copy:
    def __init__(self):
        TREE.mkdir(parents=True, exist_ok=True)
        # The lock is held until the process ends, because two runs must not share the copy.
        self._lock = (HOME / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        if not (TREE / "target").exists():
            seed()

    def refresh(self):
        """Makes the copy equal to the tree. Only changed files are written, so that Cargo rebuilds only what
        changed."""
        names = tracked()
        for name in names:
            (there, here), copy = (ROOT / name, TREE / name), (ROOT / name).read_bytes()
            if not here.exists() or here.read_bytes() != copy:
                here.parent.mkdir(parents=True, exist_ok=True)
                here.write_bytes(copy)
                here.chmod(there.stat().st_mode)
        kept = set(names)
        for folder in ("src", "tests", "migrations", "tables", "schemas"):
            for path in (TREE / folder).rglob("*"):
                if path.is_file() and path.relative_to(TREE) not in kept and "__pycache__" not in path.parts:
                    path.unlink()

    def apply(self, defect):
        return applies(defect, TREE)


def seed():
    """Copies the dependencies that the tree has already built. Missing ones are built once, in the copy."""
    built = ROOT / "target/debug"
    for folder in ("build", "deps", ".fingerprint"):
        place = TREE / "target/debug" / folder
        place.mkdir(parents=True)
        names = [path for path in (built / folder).glob("*") if not path.name.startswith(OWN)]
        for chunk in (names[at:at + 500] for at in range(0, len(names), 500)):
            subprocess.run(["cp", "-a", "--reflink=auto", *map(str, chunk), str(place)], check=True)
