"""Personal data that no log may contain: every national code, Sheba and mobile number of the inputs, in Latin or
Persian digits."""

import re

from .law import identifiers
from .law.text import latin_digits

_DIGITS = re.compile(r"[0-9]{8,}")
_SHEBA = re.compile(r"IR[0-9]{2}(?:[ \u200c-]?[0-9]{4}){5}[ \u200c-]?[0-9]{2}", re.IGNORECASE)


class Secrets:
    """Stores the data as numbers, because there may be hundreds of thousands."""

    def __init__(self):
        self.codes, self._accounts, self._mobiles = set(), set(), set()

    def code(self, text):
        if text:
            self.codes.add(int(text))

    def person(self, data):
        self.code(data["national_code"])
        for text, known in ((data.get("sheba"), self._accounts), (data.get("mobile"), self._mobiles)):
            digits = re.sub("[^0-9]", "", latin_digits(text or ""))
            if len(digits) >= 8:
                known.add(int(digits))
        number = identifiers.mobile(data.get("mobile"))
        if number:
            self._mobiles.add(int(number))

    def kind_in(self, text):
        """The kind of personal data that the text contains, or None. Never returns the data itself."""
        text = latin_digits(text)
        for run in _DIGITS.findall(text):
            number, length = int(run), len(run)
            if length in (8, 9, 10) and number in self.codes:
                return "a national code"
            if (
                number in self._mobiles
                or length > 10
                and int(run[-10:]) in self._mobiles
                and run[:-10] in ("0", "98", "0098")
            ):
                return "a mobile number"
            if number in self._accounts:
                return "a Sheba"
        for match in _SHEBA.findall(text):
            if int(re.sub("[^0-9]", "", match)) in self._accounts:
                return "a Sheba"
        return None
