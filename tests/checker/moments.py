"""While a close runs the inputs go on: each person was judged at one of the moments between what the close saw and its end."""

import collections
import itertools

from .law import registry

# More than this many states of one person's registry are not tried.
AT_MOST = 256


def views(inputs, stage, following, code):
    """Every state of the registry that the person may have been judged by: of each record and request a part of what came since.

    Partitions keep their own order and none among each other, so the parts are independent."""
    before, came = inputs.registries[stage.number], collections.defaultdict(list)
    for where, content in inputs.later[stage.number].get(code, ()):
        if following.sees(*where):
            came[content[0]].append(content)  # by record or request
    for counts in itertools.islice(itertools.product(*(range(len(contents) + 1) for contents in came.values())), AT_MOST):
        moment = registry.Registry()
        for record in before.records_of.get(code, ()):
            moment.record(before.rows[record])
        for request in before.requests.get(code, {}).values():
            moment.submit(request)
        for contents, count in zip(came.values(), counts):
            for content in contents[:count]:
                (moment.record if isinstance(content, registry.Row) else moment.submit)(content)
        yield moment.view(code)


def stages(stage, following):
    """The close with the answers of finance that it saw at its start, and with those of its end at the latest."""
    return stage, stage._replace(offsets=following.offsets)
