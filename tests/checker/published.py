"""Files that are known to have been published: what their bytes say, counted without the service and without its events."""

import csv
import hashlib
import pathlib

from .feed import csvfiles


class Published:
    def __init__(self, kind, path):
        self.kind, self.path = kind, pathlib.Path(path)
        with open(self.path, "rb") as file:
            self.file_id = hashlib.file_digest(file, "sha256").hexdigest()

    def declared(self):
        """Its data rows."""
        with open(self.path, encoding="utf-8-sig", newline="") as file:
            return sum(bool(row) for row in csv.reader(file)) - 1

    def good_lines(self):
        """Lines that the publisher must send, in order."""
        return [line for line, data in csvfiles.read(self.kind, self.path) if data is not None]


def read_list(path):
    """A line a file: its kind, a tab, its path. The same bytes count once."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for text in file:
            kind, name = text.rstrip("\n").split("\t")
            each = Published(kind, name)
            found[each.file_id] = each
    return list(found.values())
