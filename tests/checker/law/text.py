"""Persian text (domain.md section 7)."""

import re
import unicodedata

_LETTERS = {"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "ۀ": "ه"}
_DIGITS = {chr(base + n): str(n) for base in (0x0660, 0x06F0) for n in range(10)}
_TABLE = str.maketrans(_LETTERS | _DIGITS | {"\u0640": None})  # and tatweel
# Hangul fillers show nothing; NFKC turns U+3164 into U+1160.
_FILLERS = "\u115f\u1160\u3164\uffa0"
_DIGIT_TABLE = str.maketrans(_DIGITS)
_SPACES = re.compile(r"\s+")
# Names are compared further folded.
_NAME_TABLE = str.maketrans(
    dict.fromkeys("أإآٱ", "ا") | {"ؤ": "و", "ئ": "ی"} | dict.fromkeys("ہھە", "ه") | {"ء": None, "\u200c": None}
)


def latin_digits(text):
    return text.translate(_DIGIT_TABLE)


def visible(text):
    """Without invisible characters: the categories Cf and Mn, and fillers (contract.md section 1)."""
    return "".join(c for c in text if c < "\x80" or unicodedata.category(c) not in ("Cf", "Mn") and c not in _FILLERS)


def normalised(text):
    """Maps letters and digits to one form, removes invisible characters and collapses spaces."""
    text = visible(unicodedata.normalize("NFC", text)).translate(_TABLE)
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


def comparable_name(text):
    """The form in which names are compared: no spaces, hyphens or ZWNJ; presentation forms and hamza folded."""
    text = normalised(unicodedata.normalize("NFKC", text)).translate(_NAME_TABLE)
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in ("Pd", "Cf") and c != "\u2212")


def same_name(one, other):
    return comparable_name(one) == comparable_name(other)
