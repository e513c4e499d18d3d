#!/usr/bin/env python3
"""Plants small changes in schemas/, and checks what the gate says about each."""

import copy
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import compare  # noqa: E402
import contract  # noqa: E402
from compare import FAULT, WARNING  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MARRIAGE = "registry.marriages/v1/registry.marriage.recorded.schema.json"
PERSON = "insured.records/v1/insured.person.changed.schema.json"
WAGES = "insured.records/v1/insured.wages.posted.schema.json"
DOCUMENT = "finance.payment-documents/v1/finance.payment-document.issued.schema.json"
DECISION = "eligibility.decisions/v1/eligibility.decision.made.schema.json"
RECEIPT = "registry.file-receipts/v1/registry.file.received.schema.json"
PERSONS = "files/persons.schema.json"


class Planted(unittest.TestCase):
    """Each test changes a copy of the contract."""

    def setUp(self):
        self.old = contract.of_tree(ROOT)
        self.new = copy.deepcopy(self.old)

    def schema(self, path):
        return self.new.schemas[path]

    def expect(self, *wanted):
        """Exactly these findings: (level, place, rule)."""
        found = [(each.level, each.place, each.rule) for each in compare.compare(self.old, self.new)]
        self.assertEqual(sorted(found), sorted(wanted))


class Both(Planted):
    def test_the_same_contract_has_no_finding(self):
        self.expect()

    def test_texts_do_not_count(self):
        for path in (MARRIAGE, DOCUMENT):
            self.schema(path)["description"] = "Another sentence."
            self.schema(path)["title"] = "AnotherName"
        self.expect()

    def test_a_definition_may_move(self):
        schema = self.schema(DOCUMENT)
        schema["properties"]["month"] = schema["$defs"].pop("SolarMonth")
        self.expect()

    def test_another_id(self):
        self.schema(DOCUMENT)["$id"] = "urn:peyvand:other"
        self.expect((FAULT, DOCUMENT, "$id"))

    def test_a_removed_schema(self):
        del self.new.schemas[MARRIAGE]
        self.expect((FAULT, MARRIAGE, "schema"))

    def test_a_removed_topic(self):
        del self.new.topics["registry.files.v1"]
        self.expect((FAULT, "topics.json, registry.files.v1", "topic"))

    def test_a_topic_with_another_key_direction_and_number_of_partitions(self):
        self.new.topics["registry.files.v1"] |= {"key": "kind", "direction": "out", "partitions": 8}
        place = "topics.json, registry.files.v1"
        self.expect((FAULT, place, "key"), (FAULT, place, "direction"), (WARNING, place, "partitions"))

    def test_a_new_topic_and_a_new_schema(self):
        self.new.topics["registry.marriages.v2"] = {**self.new.topics["registry.marriages.v1"]}
        self.new.schemas["registry.marriages/v2/registry.marriage.recorded.schema.json"] = {}
        self.expect()

    def test_headers_are_inputs_and_outputs(self):
        self.schema("headers.schema.json")["required"].append("ce_source")
        self.schema("headers.schema.json")["properties"]["ce_id"]["maxLength"] = 300
        del self.schema("headers.schema.json")["properties"]["peyvand_mac"]
        self.expect(
            (FAULT, "headers.schema.json.ce_source", "required"),
            (FAULT, "headers.schema.json.ce_id", "maxLength"),
            (FAULT, "headers.schema.json.peyvand_mac", "properties"),
            (WARNING, "headers.schema.json.peyvand_mac", "properties"),
        )


class Inputs(Planted):
    def test_a_property_becomes_required(self):
        self.schema(MARRIAGE)["required"].append("office_code")
        self.expect((FAULT, f"{MARRIAGE}.office_code", "required"))

    def test_a_new_required_property(self):
        self.schema(PERSON)["properties"]["gender"] = {"type": "string"}
        self.schema(PERSON)["required"].append("gender")
        self.expect((FAULT, f"{PERSON}.gender", "required"))

    def test_a_new_optional_property_and_one_that_is_no_longer_required(self):
        self.schema(PERSON)["properties"]["gender"] = {"type": ["string", "null"]}
        self.schema(PERSON)["required"].remove("given_name")
        self.expect()

    def test_a_nested_property_becomes_required(self):
        self.schema(MARRIAGE)["$defs"]["spouse"]["required"].append("given_name")
        self.expect(*[(FAULT, f"{MARRIAGE}.{side}.given_name", "required") for side in ("husband", "wife")])

    def test_a_removed_property(self):
        del self.schema(PERSON)["properties"]["mobile"]
        self.expect((WARNING, f"{PERSON}.mobile", "properties"))

    def test_null_is_no_longer_read(self):
        self.schema(PERSON)["properties"]["sheba"]["type"] = "string"
        self.expect((FAULT, f"{PERSON}.sheba", "type"))

    def test_null_of_a_reference_is_no_longer_read(self):
        self.schema(PERSON)["properties"]["deceased_on"] = {"$ref": "#/$defs/SolarDate"}
        self.expect((FAULT, f"{PERSON}.deceased_on", "type"))

    def test_a_type_becomes_wider(self):
        self.schema(PERSON)["properties"]["given_name"]["type"] = ["string", "null"]
        self.schema(WAGES)["properties"]["rows"]["items"]["properties"]["days"]["type"] = "number"
        self.expect()

    def test_another_type_in_an_array(self):
        self.schema(WAGES)["properties"]["rows"]["items"]["properties"]["days"]["type"] = "string"
        self.expect((FAULT, f"{WAGES}.rows[].days", "type"))

    def test_a_removed_value_and_a_new_one(self):
        self.schema(MARRIAGE)["properties"]["status"]["enum"].remove("annulled")
        self.schema(MARRIAGE)["properties"]["permanence"]["enum"].append("unknown")
        self.expect((FAULT, f"{MARRIAGE}.status", "enum"))

    def test_a_new_list_of_values(self):
        self.schema(PERSON)["properties"]["province_code"]["enum"] = ["01"]
        self.expect((FAULT, f"{PERSON}.province_code", "enum"))

    def test_another_pattern_and_none(self):
        self.schema(PERSON)["properties"]["branch_code"]["pattern"] = "^[0-9]{3}$"
        del self.schema(PERSON)["properties"]["province_code"]["pattern"]
        self.expect((FAULT, f"{PERSON}.branch_code", "pattern"))

    def test_a_pattern_of_a_definition(self):
        self.schema(WAGES)["$defs"]["SolarMonth"]["pattern"] = "^14[0-9]{2}-(0[1-9]|1[0-2])$"
        self.expect((FAULT, f"{WAGES}.rows[].month", "pattern"))

    def test_tighter_bounds_and_wider_ones(self):
        properties = self.schema(PERSON)["properties"]
        properties["given_name"] |= {"minLength": 2, "maxLength": 100}
        properties["family_name"] |= {"minLength": 0, "maxLength": 300}
        self.schema(WAGES)["properties"]["rows"]["maxItems"] = 100
        name = f"{PERSON}.given_name"
        self.expect((FAULT, name, "minLength"), (FAULT, name, "maxLength"), (FAULT, f"{WAGES}.rows", "maxItems"))

    def test_a_new_bound(self):
        self.schema(PERSON)["properties"]["national_code"]["maxLength"] = 9
        self.expect((FAULT, f"{PERSON}.national_code", "maxLength"))

    def test_unknown_fields_are_no_longer_read(self):
        self.schema(PERSON)["additionalProperties"] = False
        self.expect((FAULT, f"{PERSON}{{}}", "not"))

    def test_a_new_condition_and_a_removed_one(self):
        self.schema(PERSON)["if"] = {"required": ["sheba"]}
        del self.schema(MARRIAGE)["anyOf"]
        self.expect((FAULT, PERSON, "if"))

    def test_columns_of_files(self):
        fields = self.new.tables[PERSONS]["fields"]
        fields.append({"name": "gender", "type": "string", "constraints": {"required": True}})
        fields.append({"name": "email", "type": "string", "constraints": {}})
        next(each for each in fields if each["name"] == "branch_code")["constraints"]["pattern"] = "[0-9]{4}"
        self.expect(
            (FAULT, f"{PERSONS}.gender", "required"),
            (WARNING, f"{PERSONS}.email", "column"),
            (FAULT, f"{PERSONS}.branch_code", "pattern"),
        )


class Outputs(Planted):
    def test_a_removed_property(self):
        del self.schema(DOCUMENT)["properties"]["sheba"]
        self.schema(DOCUMENT)["required"].remove("sheba")
        self.expect((FAULT, f"{DOCUMENT}.sheba", "properties"), (FAULT, f"{DOCUMENT}.sheba", "required"))

    def test_a_property_that_may_be_missing(self):
        self.schema(DOCUMENT)["required"].remove("sheba")
        self.expect((FAULT, f"{DOCUMENT}.sheba", "required"))

    def test_a_new_property(self):
        self.schema(DOCUMENT)["properties"]["bank"] = {"type": "string"}
        self.schema(DOCUMENT)["required"].append("bank")
        self.expect()

    def test_a_type_is_widened_to_null(self):
        self.schema(DOCUMENT)["properties"]["full_name"]["type"] = ["string", "null"]
        sheba = self.schema(DOCUMENT)["properties"]["sheba"]
        self.schema(DOCUMENT)["properties"]["sheba"] = {"anyOf": [sheba, {"type": "null"}]}
        self.expect((FAULT, f"{DOCUMENT}.full_name", "type"), (FAULT, f"{DOCUMENT}.sheba", "type"))

    def test_another_type(self):
        self.schema(DOCUMENT)["properties"]["amount_rial"]["type"] = "string"
        self.expect((FAULT, f"{DOCUMENT}.amount_rial", "type"))

    def test_null_is_no_longer_written(self):
        self.schema(DECISION)["properties"]["amount_rial"] = {"$ref": "#/$defs/Rial"}
        self.expect()

    def test_a_new_value_and_a_removed_one(self):
        self.schema(DECISION)["properties"]["outcome"]["enum"].append("ESCALATED")
        self.schema(RECEIPT)["properties"]["kind"]["enum"].pop()
        self.expect((WARNING, f"{DECISION}.outcome", "enum"))

    def test_no_list_of_values_any_more(self):
        del self.schema(DECISION)["properties"]["outcome"]["enum"]
        self.expect((FAULT, f"{DECISION}.outcome", "enum"))

    def test_another_pattern_and_wider_bounds(self):
        self.schema(DOCUMENT)["$defs"]["Sheba"]["pattern"] = "^[A-Z]{2}[0-9]{24}$"
        self.schema(DOCUMENT)["properties"]["attempt"] |= {"minimum": 0, "maximum": 9}
        self.expect((FAULT, f"{DOCUMENT}.sheba", "pattern"), (FAULT, f"{DOCUMENT}.attempt", "minimum"))

    def test_other_values_of_a_map(self):
        self.schema(RECEIPT)["properties"]["rejected"]["additionalProperties"]["type"] = "string"
        self.expect((FAULT, f"{RECEIPT}.rejected{{}}", "type"))


class Command(unittest.TestCase):
    """The command itself, in a repository with tags."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copytree(ROOT / "schemas", self.folder / "schemas")
        shutil.copytree(HERE, self.folder / "tests/schema_gate")
        self.git("init", "--quiet")
        self.commit()

    def git(self, *arguments):
        own = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false",
               "-c", "tag.gpgsign=false"]
        subprocess.run(["git", "-C", self.folder, *own, *arguments], check=True)

    def commit(self):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "x")

    def edit(self, path, old, new):
        file = self.folder / path
        text = file.read_text()
        self.assertTrue(old in text, f"{path} has no {old}")
        file.write_text(text.replace(old, new))

    def gate(self):
        command = [sys.executable, self.folder / "tests/schema_gate/gate"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_without_a_tag_there_is_nothing_to_compare(self):
        self.git("tag", "other")
        status, output = self.gate()
        self.assertEqual((status, output), (0, "schema gate: there is no tag v*, so there is nothing to compare\n"))

    def test_outside_a_repository_there_is_nothing_to_compare(self):
        shutil.rmtree(self.folder / ".git")
        status, output = self.gate()
        self.assertEqual(status, 0)
        self.assertTrue(output.endswith("is no Git repository, so there is nothing to compare\n"), output)

    def test_it_compares_with_the_last_tag(self):
        self.git("tag", "v1.0.0")
        self.edit(f"schemas/{PERSON}", '"^[0-9]{4}$"', '"^[0-9]{3,4}$"')
        status, output = self.gate()
        self.assertEqual(status, 1)
        self.assertIn(f"INCOMPATIBLE: {PERSON}.branch_code: pattern: was ", output)
        self.commit()
        self.git("tag", "v1.1.0")
        status, output = self.gate()
        self.assertEqual(status, 0)
        self.assertIn("compared with v1.1.0: 0 findings", output)

    def test_a_warning_does_not_fail(self):
        self.git("tag", "v1.0.0")
        self.edit(f"schemas/{DECISION}", '"PENDING",', '"PENDING", "ESCALATED",')
        self.assertEqual(self.gate()[0], 0)
        self.assertIn(f"warning: {DECISION}.outcome: enum: ", self.gate()[1])

    def test_an_accepted_finding_does_not_fail_but_a_stale_one_does(self):
        self.git("tag", "v1.0.0")
        self.edit(f"schemas/{PERSON}", '"^[0-9]{4}$"', '"^[0-9]{3,4}$"')
        accepted = self.folder / "tests/schema_gate/accepted.txt"
        line = f"v1.0.0 | {PERSON}.branch_code | pattern | it accepts more\n"
        accepted.write_text(line)
        status, output = self.gate()
        self.assertEqual(status, 0, output)
        self.assertIn("(accepted)", output)
        accepted.write_text(line + line.replace("branch_code", "sheba"))
        self.assertEqual(self.gate()[0], 1)
        accepted.write_text("v1.0.0 | place\n")
        self.assertEqual(self.gate()[0], 2)

    def test_an_unreadable_contract_is_an_error(self):
        self.git("tag", "v1.0.0")
        (self.folder / "schemas/topics.json").write_text("{")
        status, output = self.gate()
        self.assertEqual(status, 2)
        self.assertIn("schemas/topics.json is not JSON", output)


if __name__ == "__main__":
    unittest.main()
