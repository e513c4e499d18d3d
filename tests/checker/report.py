"""The report: one line per promise, one line per violation (at most 20 per promise), and the totals on the last
line."""

import collections

AT_MOST = 20


class Report:
    def __init__(self, write=print):
        self._write = write
        self._violations = collections.defaultdict(list)
        self.passed, self.failed = [], []

    def violation(self, promise, text):
        self._violations[promise].append(text)

    def violations(self, promise):
        return self._violations[promise]

    def note(self, text):
        self._write(f"  note: {text}")

    def done(self, promise, title, unchecked=None):
        """Prints the result of a promise. `unchecked`: why it could not be checked (it neither passed nor failed)."""
        found = self._violations[promise]
        if unchecked and not found:
            self._write(f"{title} … not checked: {unchecked}")
            return
        (self.failed if found else self.passed).append(promise)
        self._write(f"{title} … {f'FAILED ({len(found):,} violations)' if found else 'ok'}")
        for text in found[:AT_MOST]:
            self._write(f"  violation: {text}")
        if len(found) > AT_MOST:
            self._write(f"  … and {len(found) - AT_MOST:,} more")

    def end(self):
        self._write(f"{len(self.passed)} passed, {len(self.failed)} failed")
        return 1 if self.failed else 0
