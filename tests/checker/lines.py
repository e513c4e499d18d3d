"""The exact set of lines of a file that arrived, one bit each. A line may arrive after a later line, and may repeat."""

# No real file has more lines (16 MiB of bits). Lines above this number are stored in a set.
MOST_BITS = 1 << 27


class Lines:
    """The lines of events. A wage event contains several rows; its line is the line of its first row."""

    def __init__(self):
        self._bits, self._beyond = bytearray(), set()
        # Line -> rows, only for events with more than one row.
        self._rows_at = {}

    def add(self, line, rows=1):
        """Adds a line. Returns whether it is new."""
        if line in self:
            return False
        if line >= MOST_BITS:
            self._beyond.add(line)
        else:
            place = line >> 3
            if place >= len(self._bits):
                self._bits.extend(bytes(max(place + 1 - len(self._bits), len(self._bits) // 2)))
            self._bits[place] |= 1 << (line & 7)
        if rows > 1:
            self._rows_at[line] = rows
        return True

    def __contains__(self, line):
        if line >= MOST_BITS:
            return line in self._beyond
        place = line >> 3
        return place < len(self._bits) and bool(self._bits[place] >> (line & 7) & 1)

    def __iter__(self):
        for place, byte in enumerate(self._bits):
            if byte:
                yield from (place << 3 | bit for bit in range(8) if byte >> bit & 1)
        yield from sorted(self._beyond)

    def rows_at(self, line):
        return self._rows_at.get(line, 1) if line in self else 0

    def missing(self, upto):
        """Ranges (first, last) of lines from 2 (line 1 is the header) to `upto` that no event can contain."""
        covered = 1
        for line in self:
            if line > upto:
                break
            if line > covered + 1:
                yield covered + 1, line - 1
            covered = max(covered, line + self.rows_at(line) - 1)
        if upto > covered:
            yield covered + 1, upto

    def missing_of(self, wanted):
        """The lines of `wanted` (in order) that no event contains. An event of N rows contains its own line and the
        next N-1 wanted lines."""
        held = 0
        for line in wanted:
            held = max(held - 1, self.rows_at(line))
            if held <= 0:
                yield line


def spans_of(lines):
    spans = []
    for line in lines:
        if spans and spans[-1][1] == line - 1:
            spans[-1] = (spans[-1][0], line)
        else:
            spans.append((line, line))
    return spans


def ranges_text(spans, at_most=8):
    """Formats ranges as `2-5, 9, 12-13`."""
    spans = list(spans)
    words = [str(first) if first == last else f"{first}-{last}" for first, last in spans[:at_most]]
    return ", ".join(words) + (f" and {len(spans) - at_most} more ranges" if len(spans) > at_most else "")
