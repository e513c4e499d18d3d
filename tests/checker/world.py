"""Everything that the promises check. To limit memory, it is read in this order: outputs, small inputs, then insured
records in parts."""

import dataclasses

from . import inputs as incoming
from . import outputs as outgoing
from . import replay as replaying
from . import taking
from . import timeline
from .law import tables
from .promises import (
    answers, batches, claimless, completeness, dispositions, end_state, form, nothing_lags, objections, one_payment,
    privacy,
)


@dataclasses.dataclass
class World:
    outputs: object
    inputs: object = None
    replay: object = None
    database: object = None
    stages: list = None
    logs: tuple = ()
    prefix: str = ""
    live: bool = False
    ends: dict = dataclasses.field(default_factory=dict)
    missing: tuple = ()
    # Whether the answers of finance are among the inputs.
    answers_known: bool = True
    # Files that are known to be published.
    published: tuple = ()
    deeds_from: str = None


def read(
    source,
    database=None,
    stages=None,
    prefix="",
    deeds_from=None,
    logs=(),
    live=False,
    answers_known=True,
    published=(),
):
    outputs = outgoing.read(source, taking.TAKE)
    if stages is None:
        stages = timeline.from_database(database.rows("batches"), database.rows("close_pages"))
    dead = {(topic.removeprefix(prefix), partition, offset) for topic, partition, offset in outputs.dead}
    secret = database.secret() if database else None
    read_in = incoming.Inputs(source, stages, dead, secret).read_small()
    law = tables.Tables()
    replay = replaying.Replay(read_in, outputs, stages, law, deeds_from)
    replay.run()
    read_in.read_files()
    ends = {
        (topic, partition): pair for topic in incoming.raws.INPUTS for partition, pair in source.ends(topic).items()
    }
    return World(
        outputs,
        read_in,
        replay,
        database,
        stages,
        tuple(logs),
        prefix,
        live,
        ends,
        tuple(source.missing),
        answers_known,
        tuple(published),
        deeds_from,
    )


def check(world, report, state=None):
    one_payment.check(world, report)
    answers.check(world, report)
    batches.check(world, report)
    dispositions.check(world, report)
    end_state.check(world, report, state)
    privacy.check(world, report)
    nothing_lags.check(world, report)
    form.check(world, report)
    completeness.check(world, report)
    claimless.check(world, report)
    objections.check(world, report)
