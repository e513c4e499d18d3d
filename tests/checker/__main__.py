"""The command line. Exit status: 0 all promises kept, 1 a violation, 2 wrong usage or nothing to read."""

import argparse
import os
import pathlib
import sys

from . import report as reporting
from . import published, sample, timeline, world
from .feed import database, folder
from .law import solar
from .promises import end_state


def arguments():
    parser = argparse.ArgumentParser(
        prog="check", description="Checks Peyvand's promises from topics, database and files only."
    )
    modes = parser.add_subparsers(dest="mode", required=True)
    live = modes.add_parser(
        "live", help="checks the stack of PEYVAND_KAFKA_BROKERS, PEYVAND_DATABASE_URL, PEYVAND_TOPIC_PREFIX")
    live.add_argument("--published", metavar="LIST",
                      help="list of published files, to count them from their bytes; one per line: kind, tab, path")
    files = modes.add_parser(
        "files", help="checks the output of `peyvand demo --out DIR`, or of `export` together with the published files")
    files.add_argument("dir", type=pathlib.Path, help="folder with the output of `export`: *.jsonl")
    files.add_argument("--in", dest="inputs", type=pathlib.Path, metavar="DIR",
                       help="folder with the published files: *.csv (default: DIR/in)")
    files.add_argument("--today", help="the business date of the close (default: the latest date of a decision)")
    for mode in (live, files):
        mode.add_argument(
            "--logs", nargs="+", default=[], metavar="FILE", help="logs that must contain no personal data"
        )
        mode.add_argument("--state", metavar="FILE", help="write the end state to this file, for `compare`")
        mode.add_argument("--deeds-from", default=os.environ.get("PEYVAND_DEEDS_FROM") or None, metavar="DATE")
    modes.add_parser("sample", help="compares the oracle with tests/sample/expected.jsonl")
    compare = modes.add_parser("compare", help="compares two files that --state wrote")
    compare.add_argument("one")
    compare.add_argument("other")
    modes.add_parser("selftest", help="plants defects in a correct state; the right promise must catch each")
    options = parser.parse_args()
    for name in ("today", "deeds_from"):
        date = getattr(options, name, None)
        if date and not solar.date_exists(date):
            parser.error(f"{date} is not a Solar date")
    return options


def kafka_properties():
    """Reads librdkafka properties as the service does: PEYVAND_KAFKA_PROPERTY_SASL_USERNAME sets sasl.username."""
    start = "PEYVAND_KAFKA_PROPERTY_"
    return {
        name.removeprefix(start).lower().replace("_", "."): text
        for name, text in os.environ.items()
        if name.startswith(start)
    }


def live(options, report):
    from .feed import broker  # imported here because the other modes need no Kafka client

    brokers = os.environ.get("PEYVAND_KAFKA_BROKERS", "127.0.0.1:9092")
    url = os.environ.get("PEYVAND_DATABASE_URL", "postgres://peyvand@127.0.0.1:5432/peyvand")
    prefix = os.environ.get("PEYVAND_TOPIC_PREFIX", "")
    try:
        source = broker.Broker(brokers, prefix, kafka_properties())
    except broker.confluent_kafka.KafkaException as fault:
        raise OSError(f"the broker: {fault}") from None
    try:
        known = published.read_list(options.published) if options.published else ()
        seen = world.read(source, database.Database(url), prefix=prefix, deeds_from=options.deeds_from,
                          logs=options.logs, live=True, published=known)
        world.check(seen, report, options.state)
    finally:
        source.close()


def files(options, report):
    source = folder.Folder(options.dir, options.inputs or options.dir / "in")
    if len(source.missing) > 4:
        raise OSError(f"{options.dir} contains no export")
    if not source.kinds():
        raise OSError(f"{options.inputs or options.dir / 'in'} contains no input files")
    months, today = folder.closes_in(source, options.today)
    stages = timeline.from_files(months, today)
    report.note("files contain no database, offsets, timestamps or messages other than rows; not checked without them: "
                "1-3 and 10 in the database, 4 dead letters and offsets, 7, 9 in the topics")
    if stages is None:
        report.note(
            "several closes: files do not state what each close read, so payments of each close are not checked; "
            "all answers are checked at the end"
        )
        stages = timeline.from_files([], today)
    seen = world.read(source, stages=stages, deeds_from=options.deeds_from, logs=options.logs,
                      answers_known="payment-outcomes" in source.kinds(), published=source.published())
    world.check(seen, report, options.state)


def run(options):
    report = reporting.Report()
    if options.mode == "live":
        live(options, report)
    elif options.mode == "files":
        files(options, report)
    elif options.mode == "sample":
        sample.check(report)
    elif options.mode == "compare":
        end_state.compare(options.one, options.other, report)
    else:
        from .selftest import defects

        defects.check(report)
    return report.end()


def main():
    options = arguments()
    try:
        return run(options)
    except (OSError, ImportError) as fault:
        print(f"check: {fault}", file=sys.stderr)
        return 2


sys.exit(main())
