"""The CloudEvents attributes and the data of an input message, in binary or structured mode (contract.md section 2)."""

import json

STRUCTURED = "application/cloudevents+json"


def media_type(text):
    return (text or "").partition(";")[0].strip().lower()


def opened(raw):
    """(headers, value, fault). `headers` have lower-case names; attributes of structured mode count as headers."""
    headers = {}
    for name, text in (raw.headers or {}).items():
        headers.setdefault(name.lower(), text)
    kind = media_type(headers.get("content-type"))
    if kind not in ("", "application/json", STRUCTURED) or kind == "" and "content-type" in headers:
        return headers, raw.value, "content type"
    if kind != STRUCTURED or raw.value is None:
        return headers, raw.value, None
    try:
        event = json.loads(raw.value) if isinstance(raw.value, (bytes, bytearray)) else raw.value
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict) or "data_base64" in event:
        return headers, raw.value, "not a structured event"
    if media_type(event.get("datacontenttype", "application/json")) != "application/json":
        return headers, raw.value, "content type"
    kept = {name: text for name, text in headers.items() if not name.startswith("ce_")}
    attributes = {
        f"ce_{name}": str(value) for name, value in event.items() if isinstance(value, (str, int)) and name != "data"
    }
    return kept | attributes, event.get("data"), None
