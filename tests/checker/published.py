"""Files that are known to be published. Their rows are counted from their bytes, without the service or its events."""

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
        """The number of data rows."""
        with open(self.path, encoding="utf-8-sig", newline="") as file:
            return sum(bool(row) for row in csv.reader(file)) - 1

    def good_lines(self):
        """The lines that the publisher must send, in order."""
        return [line for line, data in csvfiles.read(self.kind, self.path) if data is not None]


def read_list(path):
    """Reads a list with one file per line: kind, tab, path. Files with the same bytes count once."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for text in file:
            kind, name = text.rstrip("\n").split("\t")
            each = Published(kind, name)
            found[each.file_id] = each
    return list(found.values())
