"""The copy of the tree that defects are planted in, with its own target folder: only this crate is built there."""

import fcntl
import pathlib
import subprocess

from defects import ROOT, applies

HOME = ROOT / ".local/sabotage"
TREE = HOME / "tree"
# Of the crate itself, whose path is another in the copy.
OWN = ("peyvand", "libpeyvand", "it-", "intake-")


def tracked():
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [pathlib.Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]


class Copy:
    def __init__(self):
        TREE.mkdir(parents=True, exist_ok=True)
        # Held until the process ends: two runs would plant their defects into each other's copy.
        self._lock = (HOME / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        if not (TREE / "target").exists():
            seed()

    def refresh(self):
        """Makes the copy as the tree is. What is written anew is newer than what was built, so that Cargo sees it."""
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
    """Dependencies that the tree has built are not built again. What is not there is built once, in the copy."""
    built = ROOT / "target/debug"
    for folder in ("build", "deps", ".fingerprint"):
        place = TREE / "target/debug" / folder
        place.mkdir(parents=True)
        names = [path for path in (built / folder).glob("*") if not path.name.startswith(OWN)]
        for chunk in (names[at:at + 500] for at in range(0, len(names), 500)):
            subprocess.run(["cp", "-a", "--reflink=auto", *map(str, chunk), str(place)], check=True)
