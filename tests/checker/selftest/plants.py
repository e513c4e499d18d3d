"""Defects in SMS, batches, inputs, logs and event forms, and the list of all defects."""

import json

from . import plants_of_casework as casework
from . import plants_of_files as files
from . import plants_of_payment as payment
from .plants_of_payment import CLOSED, DECISIONS, PAYMENTS, RECEIPTS, REFUSED, REGISTRATION, SMS, VOUCHER, of

PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def missing_sms(state):
    state.source.drop(SMS, REGISTRATION, which=2)


def sms_before_document(state):
    place = next(
        n for n, raw in enumerate(state.source.records[SMS]) if json.loads(raw.value)["kind"] == "registration"
    )
    raw = state.source.records[SMS][place]
    state.source.records[SMS][place] = raw._replace(stamp=raw.stamp - 1)


def code_in_sms(state):
    code = state.chosen_document()["person"].zfill(10)
    about = state.chosen_document()["document_id"]
    chosen = lambda kind, data: data["about"]["document_id"] == about
    state.source.change(SMS, chosen, lambda data: data.update(text=f"{data['text']} {code.translate(PERSIAN)}"))


def sms_at_night(state):
    place = next(n for n, raw in enumerate(state.source.records[SMS]))
    raw = state.source.records[SMS][place]
    state.source.records[SMS][place] = raw._replace(headers=raw.headers | {"ce_time": "2025-10-23T20:00:00Z"})


def unbalanced_voucher(state):
    state.source.change(
        PAYMENTS, VOUCHER, lambda data: data["lines"][0].update(debit_rial=data["lines"][0]["debit_rial"] + 1)
    )


def lost_input(state):
    """The database skipped the last record of a topic."""
    row = next(row for row in state.tables["input_offsets"] if row["topic"] == "registry.marriages.v1")
    row["next_offset"] = str(int(row["next_offset"]) - 2)


def swallowed_poison(state):
    state.source.records["dead-letters.v1"].clear()
    state.tables["dead_letters"].clear()


def valid_message_as_dead_letter(state):
    letter = state.source.records["dead-letters.v1"][0]
    headers = letter.headers | {"dead_letter_offset": "0"}
    state.source.records["dead-letters.v1"].append(letter._replace(offset=1, headers=headers))
    state.tables["dead_letters"].append(state.tables["dead_letters"][0] | {"source_offset": "0"})


def backward_revision(state):
    state.source.again(DECISIONS, of("eligibility.decision.made", revision=2), lambda data: data.update(revision=1))


def lagging_outbox(state):
    state.tables["outbox"][0]["delivered"] = "5"


ALL = [
    ("a second unreversed document", 1, payment.second_document),
    ("a second payment of a person, on another claim", 1, payment.payment_on_another_claim),
    ("a second unreversed document in the database", 1, payment.second_payment_in_the_database),
    ("two approvals of one person", 1, payment.second_approval),
    ("a payable person without a document", 2, payment.missing_payment),
    ("a payable person without a document, with inputs during the close", 2, payment.missing_payment_amid_inputs),
    ("the same wrong amount in every place", 2, payment.wrong_amount),
    ("only the first reason listed", 2, payment.first_reason_only),
    ("one day too many in the window", 2, payment.wrong_days),
    ("a payment to a deceased person", 2, payment.payment_after_death),
    ("a payment to another account", 2, payment.to_another_account),
    ("a return that changed nothing", 2, payment.silent_return),
    ("an earlier payment without a case", 2, payment.missing_case),
    ("a document without its SMS", 2, missing_sms),
    ("an SMS before its document", 2, sms_before_document),
    ("a national code in an SMS, in Persian digits", 2, code_in_sms),
    ("an SMS at night without not_before", 2, sms_at_night),
    ("an unbalanced voucher", 3, unbalanced_voucher),
    (
        "a wrong digest",
        3,
        lambda state: state.source.change(PAYMENTS, CLOSED, lambda data: data.update(digest="0b" * 32)),
    ),
    (
        "a wrong batch total",
        3,
        lambda state: state.source.change(
            PAYMENTS, CLOSED, lambda data: data.update(total_rial=data["total_rial"] + 1)
        ),
    ),
    ("a voucher missing from the topic", 3, lambda state: state.source.drop(PAYMENTS, VOUCHER)),
    ("a lost input", 4, lost_input),
    ("a poison message without a dead letter", 4, swallowed_poison),
    ("a valid message among the dead letters", 4, valid_message_as_dead_letter),
    (
        "a receipt that does not add up",
        4,
        lambda state: state.source.change(RECEIPTS, lambda *_: True, lambda data: data.update(unchanged=1)),
    ),
    ("a record missing from the database", 4, lambda state: state.tables["marriages"].pop()),
    (
        "a national code in a log, in Persian digits",
        6,
        lambda state: state.logs.append(
            "person " + state.chosen_document()["person"].zfill(10).translate(PERSIAN) + " was decided"
        ),
    ),
    ("a Sheba in a log", 6, lambda state: state.logs.append("account " + state.chosen_document()["sheba"])),
    ("an outbox that is not drained", 7, lagging_outbox),
    ("an SMS that is not released", 7, lambda state: state.tables["messages"][0].update(released_at="")),
    ("a ce_id twice in a topic", 8, lambda state: state.source.again(SMS, REGISTRATION, new_id=False)),
    ("a revision that goes backwards", 8, backward_revision),
    (
        "a decision without a required field",
        8,
        lambda state: state.source.change(DECISIONS, REFUSED, lambda data: data.pop("facts_digest")),
    ),
    (
        "a key that is not the person",
        8,
        lambda state: state.source.records[DECISIONS].__setitem__(
            0, state.source.records[DECISIONS][0]._replace(key="0012345679")
        ),
    ),
] + files.ALL + casework.ALL
