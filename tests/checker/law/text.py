"""Persian text (domain.md section 7)."""

import re
import unicodedata

_LETTERS = {"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "ۀ": "ه"}
_DIGITS = {chr(base + n): str(n) for base in (0x0660, 0x06F0) for n in range(10)}
_TATWEEL = ["\u0640"]
_HARAKAT = [chr(c) for c in (*range(0x064B, 0x0653), 0x0670)]
_BIDI = [chr(c) for c in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))]
_TABLE = str.maketrans(_LETTERS | _DIGITS | {mark: None for mark in _TATWEEL + _HARAKAT + _BIDI})
_DIGIT_TABLE = str.maketrans(_DIGITS)
_SPACES = re.compile(r"\s+")
# Names are compared further folded.
_NAME_TABLE = str.maketrans(
    dict.fromkeys("أإآٱ", "ا") | {"ؤ": "و", "ئ": "ی"} | dict.fromkeys("ہھە", "ه") | {"ء": None, "\u200c": None}
)


def latin_digits(text):
    return text.translate(_DIGIT_TABLE)


def normalised(text):
    """Maps letters and digits to one form, removes marks and collapses spaces."""
    text = unicodedata.normalize("NFC", text).translate(_TABLE)
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


def comparable_name(text):
    """The form in which names are compared: no spaces, hyphens or ZWNJ; presentation forms and hamza folded."""
    text = normalised(unicodedata.normalize("NFKC", text)).translate(_NAME_TABLE)
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in ("Pd", "Cf") and c != "\u2212")


def same_name(one, other):
    return comparable_name(one) == comparable_name(other)
