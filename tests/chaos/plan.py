"""The plan of faults and their times, drawn from the seed before anything starts."""

import random

# The relative frequency of each fault.
WEIGHTS = {
    "kill": 30, "kill and stay away": 8, "kill all": 3, "kill publisher": 8, "rebalance": 6,
    "zombie": 7, "zombie with a twin": 4,
    "kill broker": 4, "kill postgres": 4, "crash postgres": 4, "kill everything": 2,
    "cut": 5, "delay": 4, "half-open": 5, "lost commit": 8, "silence": 2,
    "disk full": 2, "connections": 3, "open transaction": 2,
    "first refused": 6, "metadata gone": 5, "fresh topics": 6,
}
# The cluster notices a killed broker after nine seconds, so frequent kills add up to one long outage.
IN_A_CLUSTER = {"kill broker": 4, "kill leader": 7, "kill controller": 4, "kill everything": 1}


def draw(seed, seconds, gap, cluster, only=None):
    """Draws the steps: second, fault and parameters. `only`: names of the faults to draw; an empty list draws none."""
    chance = random.Random(f"{seed}/plan")
    # Faults of weight 0 are drawn only if `only` names them.
    weights = WEIGHTS | (IN_A_CLUSTER if cluster else {})
    if only == []:
        return []
    if only:
        unknown = set(only) - weights.keys()
        if unknown:
            raise SystemExit(
                f"chaos: unknown fault: {', '.join(sorted(unknown))}; known are {', '.join(sorted(weights))}"
            )
        weights = {name: weights[name] or 1 for name in only}
    plan, at = [], 4.0
    while at < seconds:
        name = chance.choices(list(weights), list(weights.values()))[0]
        plan.append(
            {
                "at": round(at, 2),
                "fault": name,
                "number": chance.randrange(1 << 16),
                "for": round(chance.uniform(0.5, 6), 2),
                "side": chance.choice(("client", "server")),
                "where": chance.choice(("postgres", "kafka")),
            }
        )
        at += chance.uniform(0.3, 2 * gap - 0.3)
    return plan
