"""The contract of one version: topics and schemas, from the working tree or from a tag."""

import io
import json
import pathlib
import subprocess
import tarfile
from dataclasses import dataclass, field


class Unreadable(Exception):
    """The contract of a version cannot be read."""


@dataclass
class Contract:
    topics: dict = field(default_factory=dict)  # by name: the entry of topics.json
    schemas: dict = field(default_factory=dict)  # by path below schemas/
    tables: dict = field(default_factory=dict)  # schemas/files: the columns of files

    def direction(self, path):
        """`in` or `out`, as seen from Peyvand."""
        topic = self.topics.get(".".join(path.split("/")[:2]))
        return topic["direction"] if topic else "in"


def of_texts(texts):
    """`texts`: the content of each file, by path below schemas/."""
    found = Contract()
    for path, text in sorted(texts.items()):
        parts = path.split("/")
        if not path.endswith(".json") or "valid" in parts or "invalid" in parts:
            continue
        try:
            content = json.loads(text)
        except ValueError as fault:
            raise Unreadable(f"schemas/{path} is not JSON: {fault}") from None
        if path == "topics.json":
            found.topics = {topic["name"]: topic for topic in content}
        elif parts[0] == "files":
            found.tables[path] = content
        elif path.endswith(".schema.json"):
            found.schemas[path] = content
    return found


def of_tree(root):
    folder = pathlib.Path(root) / "schemas"
    return of_texts({str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.json")})


def git(root, *arguments):
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)
    if done.returncode:
        raise Unreadable(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def last_tag(root):
    """The last tag `v*` before or at HEAD; none if there is no such tag."""
    tags = git(root, "tag", "--list", "v*", "--merged", "HEAD").split()
    if not tags:
        return None
    return git(root, "describe", "--tags", "--match", "v*", "--abbrev=0").decode().strip()


def of_tag(root, tag):
    with tarfile.open(fileobj=io.BytesIO(git(root, "archive", "--format=tar", tag, "schemas"))) as archive:
        files = [entry for entry in archive.getmembers() if entry.isfile()]
        return of_texts({entry.name.removeprefix("schemas/"): archive.extractfile(entry).read() for entry in files})
