"""The part of JSON Schema 2020-12 that `schemas/` uses, compiled to functions, so that the checker needs no library.

A compiled check takes a value and returns None or the path of the first fault. Paths contain field names, never
values."""

import functools
import json
import pathlib
import re

from .law import solar

PLACE = pathlib.Path(__file__).resolve().parents[2] / "schemas"
NOTES = {"$schema", "$id", "$defs", "title", "description", "then", "else"}
REMEMBERED = 10000
TYPES = {"string": str, "object": dict, "array": list, "boolean": bool, "null": type(None)}


def is_of(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def simple(test):
    return lambda value: None if test(value) else ""


def for_type(kind, test):
    """Most keywords of JSON Schema apply to one type and accept values of all other types."""
    return lambda value: None if not isinstance(value, kind) or test(value) else ""


def of_properties(root, properties):
    # Months, types and codes repeat often, so valid strings and numbers of each field are cached, up to a limit.
    checks = [(name, compiled(root, inner), set()) for name, inner in properties.items()]

    def check(value):
        if not isinstance(value, dict):
            return None
        for name, inner, good in checks:
            each = value.get(name, value)
            if each is value:
                continue
            scalar = each.__class__ is str or each.__class__ is int
            if scalar and each in good:
                continue
            fault = inner(each)
            if fault is not None:
                return f".{name}{fault}"
            if scalar and len(good) < REMEMBERED:
                good.add(each)
        return None

    return check


def of_values(root, schema, of):
    inner = compiled(root, schema)

    def check(value):
        if isinstance(value, of):
            for place, each in enumerate(value if of is list else value.values()):
                fault = inner(each)
                if fault is not None:
                    return f"[{place}]{fault}"
        return None

    return check


def of_condition(root, schema):
    condition, then, other = (compiled(root, schema.get(keyword, {})) for keyword in ("if", "then", "else"))
    return lambda value: (then if condition(value) is None else other)(value)


def of_required(names):
    def check(value):
        if isinstance(value, dict):
            for name in names:
                if name not in value:
                    return f".{name}"
        return None

    return check


def of_type(names):
    names = names if isinstance(names, list) else [names]
    if "integer" not in names:
        kinds = tuple(TYPES[name] for name in names)
        return simple(lambda value: isinstance(value, kinds))
    return simple(lambda value: any(is_of(value, name) for name in names))


def of_keyword(root, schema, keyword, argument):
    if keyword == "pattern":
        pattern = re.compile(re.sub(r"\$$", r"\\Z", argument))
        return for_type(str, pattern.search)
    if keyword == "anyOf":
        inner = [compiled(root, each) for each in argument]
        return simple(lambda value: any(check(value) is None for check in inner))
    if keyword == "allOf":
        return all_of([compiled(root, each) for each in argument])
    if keyword == "$ref":
        return compiled(root, root["$defs"][argument.removeprefix("#/$defs/")])
    plain = {
        "type": of_type,
        "required": of_required,
        "enum": lambda values: simple(frozenset(values).__contains__),
        "const": lambda constant: simple(lambda value: value == constant),
        "minLength": lambda n: for_type(str, lambda value: len(value) >= n),
        "maxLength": lambda n: for_type(str, lambda value: len(value) <= n),
        "minimum": lambda n: for_type(int, lambda value: value >= n),
        "maximum": lambda n: for_type(int, lambda value: value <= n),
        "minItems": lambda n: for_type(list, lambda value: len(value) >= n),
        "maxItems": lambda n: for_type(list, lambda value: len(value) <= n),
        "format": lambda name: for_type(str, lambda value: name != "date-time" or solar.instant(value) is not None),
        "properties": lambda inner: of_properties(root, inner),
        "items": lambda inner: of_values(root, inner, list),
        "additionalProperties": lambda inner: of_values(root, inner, dict),
        "if": lambda _: of_condition(root, schema),
    }
    return plain[keyword](argument)


def all_of(checks):
    if len(checks) == 1:
        return checks[0]

    def check(value):
        for each in checks:
            fault = each(value)
            if fault is not None:
                return fault
        return None

    return check


def compiled(root, schema):
    # `type` is cheap and fails most often, so it is checked first. The other checks do not rely on this order.
    keywords = sorted((keyword for keyword in schema if keyword not in NOTES), key=lambda keyword: keyword != "type")
    return all_of([of_keyword(root, schema, keyword, schema[keyword]) for keyword in keywords])


@functools.lru_cache(maxsize=None)
def at(path):
    """The compiled check of one file under schemas/, or None if the file does not exist."""
    place = PLACE / path
    if not place.exists():
        return None
    schema = json.loads(place.read_text(encoding="utf-8"))
    return compiled(schema, schema)


def of_event(topic, kind):
    return (
        at(f"{topic.removesuffix('.v1')}/v1/{kind}.schema.json") if re.fullmatch(r"[a-z0-9.\-]+", kind or "") else None
    )


def topics():
    return {topic["name"]: topic for topic in json.loads((PLACE / "topics.json").read_text())}
