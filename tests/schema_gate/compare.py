"""Compares two versions of the contract.

Everything that one side writes by one version must be readable by the other version. The outside systems write inputs by
the old schema, and Peyvand reads them by the new one. Peyvand writes outputs by the new schema, and the outside systems
read them by the old one. So there is one comparison, of a writer's schema with a reader's. Readers ignore unknown fields.
"""

import json
from dataclasses import dataclass

FAULT, WARNING = "INCOMPATIBLE", "warning"
# Keywords that change no answer of a validator. The range of int64 is stated by minimum and maximum.
ANNOTATIONS = {"$schema", "$defs", "title", "description", "examples", "default", "deprecated", "$comment"}
# What the comparison understands. Any other keyword must be the same on both sides, or be absent at the reader.
KNOWN = {"$id", "type", "enum", "const", "required", "properties", "items", "additionalProperties"}
LOWER = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}
UPPER = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}
ALL_TYPES = {"null", "boolean", "object", "array", "number", "string"}


@dataclass(frozen=True)
class Finding:
    level: str
    place: str
    rule: str
    what: str

    def __str__(self):
        return f"{self.level}: {self.place}: {self.rule}: {self.what}"


def text(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def plain(schema, root):
    """The schema without references; `anyOf` of one schema and null is that schema, with null as a further type."""
    if not isinstance(schema, dict):
        return {} if schema is True else {"not": {}}
    schema = dict(schema)
    while "$ref" in schema:
        reference = schema.pop("$ref")
        target = root
        for name in reference.removeprefix("#/").split("/"):
            target = target[name]
        schema = {**target, **schema}
    options = schema.get("anyOf", [])
    if len(options) == 2 and {"type": "null"} in options:
        schema.pop("anyOf")
        other = plain(options[options[0] == {"type": "null"}], root)
        schema = {**other, **schema, "type": sorted({*types_of(other), "null"})}
        if "enum" in other:
            schema["enum"] = [*other["enum"], None]
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    if schema.get("format") == "int64":
        schema.pop("format")
    return {name: value for name, value in schema.items() if name not in ANNOTATIONS}


def types_of(schema):
    types = schema.get("type", sorted(ALL_TYPES))
    return {types} if isinstance(types, str) else set(types)


class Comparison:
    """Of one schema. `direction` is that of its topic, as seen from Peyvand."""

    def __init__(self, direction, old, new):
        self.direction = direction
        self.roots = {"old": old, "new": new}
        self.findings = []

    def report(self, place, rule, what, level=FAULT):
        self.findings.append(Finding(level, place, rule, what))

    def run(self, place):
        self.schemas(place, self.roots["old"], self.roots["new"])
        return self.findings

    def schemas(self, place, old, new):
        old, new = plain(old, self.roots["old"]), plain(new, self.roots["new"])
        writer, reader = (old, new) if self.direction == "in" else (new, old)
        if old.get("$id") != new.get("$id"):
            self.report(place, "$id", f"was {text(old.get('$id'))}, is {text(new.get('$id'))}")
        self.types(place, writer, reader)
        self.values(place, writer, reader)
        self.bounds(place, writer, reader)
        self.required(place, old, new)
        self.properties(place, old, new)
        for name in sorted(set(reader) - KNOWN - LOWER - UPPER):
            if text(reader[name]) != text(writer.get(name)):
                self.report(place, name, f"was {text(old.get(name))}, is {text(new.get(name))}")

    def types(self, place, writer, reader):
        wide = types_of(reader) | ({"integer"} if "number" in types_of(reader) else set())
        more = types_of(writer) - wide
        if more:
            side = "is no longer read" if self.direction == "in" else "was not written before"
            self.report(place, "type", f"{', '.join(sorted(more))} {side}")

    def values(self, place, writer, reader):
        if "enum" not in reader:
            return
        if "enum" not in writer:
            self.report(place, "enum", "the list of values " + ("is new" if self.direction == "in" else "is gone"))
            return
        more = [value for value in writer["enum"] if value not in reader["enum"]]
        if more and self.direction == "in":
            self.report(place, "enum", f"no longer reads {text(more)}")
        elif more:
            self.report(place, "enum", f"a reader must know {text(more)} too", WARNING)

    def bounds(self, place, writer, reader):
        for name in sorted((LOWER | UPPER) & set(reader)):
            limit, value = reader[name], writer.get(name)
            tighter = value is None or (value < limit if name in LOWER else value > limit)
            if tighter:
                self.report(place, name, f"the writer's is {text(value)}, the reader's is {limit}")

    def required(self, place, old, new):
        old, new = set(old.get("required", [])), set(new.get("required", []))
        if self.direction == "in":
            for name in sorted(new - old):
                self.report(f"{place}.{name}", "required", "becomes required")
        else:
            for name in sorted(old - new):
                self.report(f"{place}.{name}", "required", "may be missing now")

    def properties(self, place, old, new):
        before, now = old.get("properties", {}), new.get("properties", {})
        for name in sorted(set(before) - set(now)):
            level = WARNING if self.direction == "in" else FAULT
            self.report(f"{place}.{name}", "properties", "the property is gone", level)
        for name in sorted(set(before) & set(now)):
            self.schemas(f"{place}.{name}", before[name], now[name])
        for name, mark in (("items", "[]"), ("additionalProperties", "{}")):
            if name in old or name in new:
                self.schemas(place + mark, old.get(name, {}), new.get(name, {}))


def as_schema(table):
    """A Table Schema as a schema of its rows. Text that may be empty has no lower bound."""
    properties = {}
    for column in table["fields"]:
        constraints = dict(column["constraints"])
        constraints.pop("required", None)
        properties[column["name"]] = {"type": column["type"], **constraints}
    required = [column["name"] for column in table["fields"] if column["constraints"].get("required")]
    return {"properties": properties, "required": required}


def topics(old, new):
    for name, before in old.topics.items():
        now = new.topics.get(name)
        if now is None:
            yield Finding(FAULT, f"topics.json, {name}", "topic", "the topic is gone")
            continue
        for what, level in (("direction", FAULT), ("key", FAULT), ("partitions", WARNING)):
            if before[what] != now[what]:
                yield Finding(level, f"topics.json, {name}", what, f"was {before[what]}, is {now[what]}")


def directions(contract, path):
    """Headers are those of inputs and of outputs."""
    return ["in", "out"] if path == "headers.schema.json" else [contract.direction(path)]


def compare(old, new):
    """All findings, those of a place together."""
    found = list(topics(old, new))
    for path, before in {**old.schemas, **old.tables}.items():
        now = new.schemas.get(path) or new.tables.get(path)
        if now is None:
            found.append(Finding(FAULT, path, "schema", "the schema is gone"))
        elif path in old.tables:
            before, now = as_schema(before), as_schema(now)
            found += Comparison("in", before, now).run(path)
            added = set(now["properties"]) - set(before["properties"]) - set(now["required"])
            found += [Finding(WARNING, f"{path}.{name}", "column", "a file may lack it") for name in sorted(added)]
        else:
            for direction in directions(old, path):
                found += Comparison(direction, before, now).run(path)
    return list(dict.fromkeys(found))
