"""The proof of a replayed message: a MAC that only the installation can compute
(docs/decisions/0027-own-records-carry-a-mac.md)."""

import hashlib
import hmac

LABEL = b"peyvand replay 1"


def place_of(raw, secret):
    """The original position that the message proves, as topic/partition/offset, or None. Without the secret a MAC
    counts as right."""
    headers = list((raw.headers or {}).items())
    names = [name for name, _ in headers]
    if names[-2:] != ["peyvand_replay_of", "peyvand_replay_mac"]:
        return None
    place, stated = headers[-2][1], headers[-1][1]
    if secret is not None and not hmac.compare_digest(mac(raw, headers[:-2], place, secret), stated):
        return None
    return place


def mac(raw, headers, place, secret):
    key = hmac.digest(secret.encode(), LABEL, "sha256")
    parts = [text(raw.topic), raw.partition.to_bytes(4, "big", signed=True), text(place), number(len(headers))]
    parts += [text(part) for header in headers for part in header]
    parts += [bytes([part is not None]) + text(part or b"") for part in (raw.key, raw.value)]
    return hmac.new(key, b"".join(parts), hashlib.sha256).hexdigest()


def text(part):
    part = part.encode() if isinstance(part, str) else part
    return number(len(part)) + part


def number(length):
    return length.to_bytes(8, "big")
