"""Gives broker accounts exactly the rights that docs/OPERATIONS.md lists."""

import argparse

from confluent_kafka import admin
from confluent_kafka.admin import AclOperation as May, ResourceType as Of


def rights(prefix):
    """(resource type, name prefix, operation). A right applies to all names with the prefix."""
    yield from ((Of.TOPIC, prefix, may) for may in (May.READ, May.WRITE, May.CREATE))
    yield Of.GROUP, f"{prefix}peyvand-", May.READ
    yield Of.TRANSACTIONAL_ID, f"{prefix}peyvand-relay-", May.WRITE


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--brokers", required=True, help="a listener without access control")
    parser.add_argument("--prefix", default="")
    parser.add_argument("accounts", nargs="+")
    options = parser.parse_args()
    prefixed, allow = admin.ResourcePatternType.PREFIXED, admin.AclPermissionType.ALLOW
    bindings = [
        admin.AclBinding(of, name, prefixed, f"User:{account}", "*", may, allow)
        for account in options.accounts
        for of, name, may in rights(options.prefix)
    ]
    broker = admin.AdminClient({"bootstrap.servers": options.brokers})
    for done in broker.create_acls(bindings, request_timeout=20).values():
        done.result()


if __name__ == "__main__":
    main()
