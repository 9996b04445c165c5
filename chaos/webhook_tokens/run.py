"""The ninth proof: tokens that must make us do nothing, tried at the function as it is served."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from random import Random

from chaos.proof import Result
from chaos.webhook_tokens.forged import FORGERIES, signed
from chaos.webhook_tokens.genuine import Genuine, genuine, new_secret
from chaos.webhook_tokens.outlived import HEARD, OUTLIVED, REFUSED, Case, Draw, alive
from chaos.webhook_tokens.world import NOW, World, served
from contracts.webhook_token import SHORTEST_SECRET
from triggers import settings

BAD = 2_000
FEWEST_GENUINE = 100
GENUINE_AMONG = 10
BROKEN = 500
"""What the function answers without a secret: nothing that anybody could read a yes in."""
ENVIRONMENT = {
    "FIREBASE_CONFIG": json.dumps({"projectId": "demo-safelight", "storageBucket": "bucket"}),
    settings.RUNPOD_BASE_URL: "http://127.0.0.1",
    settings.RUNPOD_ENDPOINT_ID: "endpoint",
    settings.RUNPOD_API_KEY: "key",
}
Post = Callable[[World, str], int]


def prove(seed: int, bad: int = BAD) -> Result:
    """So many tokens that are none any more, or never were, and genuine ones among them."""
    random = Random(seed)
    secret = new_secret(random)
    ways = bad_ways()
    cases = [ways[number % len(ways)](random, genuine(random, secret)) for number in range(bad)]
    good = [genuine(random, secret) for _ in range(max(FEWEST_GENUINE, bad // GENUINE_AMONG))]
    with served(secret) as post:
        violations = [wrong for case in cases for wrong in _moved(case, post)]
        violations += [wrong for one in good for wrong in _not_followed(one, post)]
    violations += [wrong for length in range(SHORTEST_SECRET) for wrong in _started(random, length)]
    violations += (
        [] if _starts("x" * SHORTEST_SECRET) else ["the functions do not start with a secret that is good"]
    )
    kinds = Counter(case.what.partition(":")[0] for case in cases)
    return Result(
        figure=f"{bad:,} tokens ({', '.join(f'{kind} {count:,}' for kind, count in kinds.items())}) "
        f"in {len(ways)} ways; {len(good)} genuine ones, each followed; {SHORTEST_SECRET} secrets too short",
        violations=violations,
    )


def bad_ways() -> list[Draw]:
    """Every way there is for a token to be good for nothing."""
    return [*(partial(_forged, what) for what in FORGERIES), *OUTLIVED]


def _forged(what: str, random: Random, one: Genuine) -> Case:
    token = FORGERIES[what](random, one)
    return Case(what=f"forged: {what}", token=token, documents=alive(one), answer=REFUSED)


def _moved(case: Case, post: Post) -> Iterator[str]:
    world = World(case.documents, case.now)
    answer = post(world, case.token)
    if world.has_moved:
        yield f"{case.what}: the token {case.token!r:.300} made us call {world.calls}"
    if answer != case.answer:
        yield f"{case.what}: the token {case.token!r:.300} was answered {answer} instead of {case.answer}"


def _not_followed(one: Genuine, post: Post) -> Iterator[str]:
    """Without these, a function that refuses everybody would do."""
    world = World(alive(one), NOW)
    answer = post(world, one.token)
    if answer != HEARD or not {"runpod.look", "generations.apply"} <= set(world.calls):
        yield f"a genuine token was answered {answer}, and made us call {world.calls}: {one.hint}"


def _started(random: Random, length: int) -> Iterator[str]:
    """A secret of this length, which is too short: no start, and nobody in who knows it."""
    secret = new_secret(random)[:length]
    if _starts(secret):
        yield f"the functions start with a secret of {length} characters"
    one = genuine(random, new_secret(random))
    world = World(alive(one), NOW)
    with served(secret) as post:
        answer = post(world, signed(one.said, secret.encode()))
    if world.has_moved or answer != BROKEN:
        yield f"with a secret of {length} characters its token was answered {answer}, with {world.calls}"


def _starts(secret: str) -> bool:
    try:
        settings.Settings.from_environment({**ENVIRONMENT, settings.WEBHOOK_SECRET: secret})
    except settings.SettingsInvalid:
        return False
    return True
