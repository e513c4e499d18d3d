"""National code, Sheba, mobile (domain.md section 7)."""

import re

from .text import latin_digits

_SEPARATORS = re.compile(r"[\s\u200c\-]+")


def national_code_is_good(code):
    """Ten digits with a valid check digit. All codes of one repeated digit have one; only 0000000000 is refused."""
    if not re.fullmatch(r"[0-9]{10}", code) or code == "0000000000":
        return False
    rest = sum(int(digit) * (10 - place) for place, digit in enumerate(code[:9])) % 11
    return int(code[9]) == (rest if rest < 2 else 11 - rest)


def padded_code(text):
    """A code of 8 or 9 digits has lost its leading zeros; they are added again."""
    text = latin_digits(text).strip()
    return text.zfill(10) if re.fullmatch(r"[0-9]{8,9}", text) else text


def sheba(text):
    """The account in its normal form, or None if it is malformed."""
    if not text:
        return None
    text = _SEPARATORS.sub("", latin_digits(text)).upper()
    if not re.fullmatch(r"IR[0-9]{24}", text):
        return None
    # For the check, the country code and its check digits move to the end, with I = 18 and R = 27.
    return text if int(text[4:] + "1827" + text[2:4]) % 97 == 1 else None


def bank_of(account):
    return account[4:7]


def mobile(text):
    """The number in the form 09 and nine digits, or None if it is malformed."""
    if not text:
        return None
    text = _SEPARATORS.sub("", latin_digits(text))
    match = re.fullmatch(r"(?:\+98|0098|98|0)?(9[0-9]{9})", text)
    return "0" + match[1] if match else None
