"""What was found: a line per promise, a line per violation (at most 20 each), and the count alone on the last line."""

import collections

AT_MOST = 20


class Report:
    def __init__(self, say=print):
        self._say = say
        self._violations = collections.defaultdict(list)
        self.passed, self.failed = [], []

    def violation(self, promise, text):
        self._violations[promise].append(text)

    def violations(self, promise):
        return self._violations[promise]

    def note(self, text):
        self._say(f"  note: {text}")

    def done(self, promise, title, unchecked=None):
        """Ends a promise. `unchecked`: why it could not be proved at all (neither passed nor failed)."""
        found = self._violations[promise]
        if unchecked and not found:
            self._say(f"{title} … not checked: {unchecked}")
            return
        (self.failed if found else self.passed).append(promise)
        self._say(f"{title} … {f'FAILED ({len(found):,} violations)' if found else 'ok'}")
        for text in found[:AT_MOST]:
            self._say(f"  violation: {text}")
        if len(found) > AT_MOST:
            self._say(f"  … and {len(found) - AT_MOST:,} more")

    def end(self):
        self._say(f"{len(self.passed)} passed, {len(self.failed)} failed")
        return 1 if self.failed else 0
