"""Who has which input partitions, by the group's coordinator: one line of JSON, null while the group is not at rest.

A process of its own: librdkafka's requests of an administrator end theirs by an assertion now and then, when the coordinator goes under them.
"""

import json
import subprocess
import sys

import confluent_kafka
from confluent_kafka.admin import AdminClient


def of(brokers, group):
    """instance (or its member's id, where it has joined without a name) -> its partitions; None while the group is not at rest, or nobody can say."""
    command = [sys.executable, "-m", "chaos.members", brokers, group]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    members = json.loads(told)
    return None if members is None else {name: {tuple(place) for place in places} for name, places in members}


def ask(brokers, group):
    admin = AdminClient({"bootstrap.servers": brokers, "log_level": 0})
    found = admin.describe_consumer_groups([group], request_timeout=5)[group].result()
    if found.state != confluent_kafka.ConsumerGroupState.STABLE:
        return None
    return [(each.group_instance_id or each.member_id, [(place.topic, place.partition) for place in each.assignment.topic_partitions]) for each in found.members]


if __name__ == "__main__":
    print(json.dumps(ask(*sys.argv[1:])))
