"""Reads the assignment of input partitions from the group coordinator. Prints one line of JSON, null unless the group
is stable.

Runs as a separate process: librdkafka's admin requests sometimes abort their process with an assertion when the
coordinator dies.
"""

import json
import subprocess
import sys

import confluent_kafka
from confluent_kafka.admin import AdminClient


def of(brokers, group):
    """Instance name (or member id, if it joined without one) -> its partitions. None if the group is not stable or the
    request fails."""
    command = [sys.executable, "-m", "chaos.members", brokers, group]
    try:
        output = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    members = json.loads(output)
    return None if members is None else {name: {tuple(place) for place in places} for name, places in members}


def ask(brokers, group):
    admin = AdminClient({"bootstrap.servers": brokers, "log_level": 0})
    found = admin.describe_consumer_groups([group], request_timeout=5)[group].result()
    if found.state != confluent_kafka.ConsumerGroupState.STABLE:
        return None
    return [
        (each.group_instance_id or each.member_id,
         [(place.topic, place.partition) for place in each.assignment.topic_partitions])
        for each in found.members
    ]


if __name__ == "__main__":
    print(json.dumps(ask(*sys.argv[1:])))
