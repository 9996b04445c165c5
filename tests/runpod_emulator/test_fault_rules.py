"""What a fault rule may say, in a file and over HTTP, and by which chance it strikes."""

from pathlib import Path

import pytest

from runpod_emulator.clock import Clock
from runpod_emulator.errors import RuleNotFoundError
from runpod_emulator.events import Events
from runpod_emulator.fault_rules import HTTP_FAULTS, PLACES, SECONDS, Fault, FaultRuleError, read_rule
from runpod_emulator.fault_script import read_fault_script
from runpod_emulator.faults import MAX_RULES, Faults


def faults(*, seed: int = 0) -> Faults:
    return Faults(Events(Clock()), seed=seed)


def strikes(rules: Faults, place: str, times: int) -> list[bool]:
    return [rules.draw(place, HTTP_FAULTS) is not None for _ in range(times)]


@pytest.mark.parametrize("fault", list(Fault))
def test_every_kind_has_a_place_and_may_be_named_alone(fault: Fault) -> None:
    rule = read_rule({"fault": fault.value})

    assert rule.on == PLACES[fault][0]
    assert (rule.count, rule.skip, rule.probability) == (1, 0, 1.0)
    assert read_rule({name: value for name, value in rule.to_json().items() if value is not None}) == rule


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ([], "a rule must be an object"),
        ({}, "unknown fault 'None'"),
        ({"fault": "explode"}, "unknown fault 'explode'; there are slow"),
        ({"fault": ["slow"]}, "unknown fault"),
        ({"fault": "slow", "onn": "run"}, "unknown key 'onn'"),
        ({"fault": "slow", "on": "nowhere"}, "slow cannot be on 'nowhere'"),
        ({"fault": "slow", "on": 1}, "cannot be on"),
        ({"fault": "ambiguous", "on": "job-take"}, "lost_delivery is what you mean"),
        ({"fault": "webhook_lost", "on": "run"}, "webhook_lost cannot be on 'run'"),
        ({"fault": "slow", "count": 0}, "count must be a whole number of 1 or more"),
        ({"fault": "slow", "count": True}, "count must be"),
        ({"fault": "slow", "count": 1.5}, "count must be"),
        ({"fault": "slow", "count": None}, "count must be"),
        ({"fault": "slow", "skip": -1}, "skip must be"),
        ({"fault": "slow", "probability": 1.1}, "probability must be"),
        ({"fault": "slow", "probability": float("nan")}, "probability must be"),
        ({"fault": "slow", "probability": True}, "probability must be"),
        ({"fault": "slow", "seconds": -1}, "seconds must be"),
        ({"fault": "slow", "seconds": float("inf")}, "seconds must be"),
        ({"fault": "slow", "seconds": "1"}, "seconds must be"),
        ({"fault": "slow", "seconds": 10**400}, "seconds must be"),
        ({"fault": "dropped", "seconds": 1}, "dropped takes no seconds"),
        ({"fault": "slow", "status": 500}, "slow takes no status"),
        ({"fault": "error", "status": 200}, "status must be one of"),
        ({"fault": "error", "status": True}, "status must be one of"),
        ({"fault": "error", "status": 500.0}, "status must be one of"),
        ({1: 2}, "unknown key '1'"),
    ],
)
def test_what_is_no_rule_is_refused_in_one_sentence(body: object, why: str) -> None:
    with pytest.raises(FaultRuleError) as refused:
        read_rule(body)

    assert why in str(refused.value)


def test_a_rule_strikes_as_often_as_it_says_after_letting_as_many_pass() -> None:
    rules = faults()
    rules.add(read_rule({"fault": "error", "on": "run", "count": 2, "skip": 1}))

    assert strikes(rules, "status", 2) == [False, False]
    assert strikes(rules, "run", 5) == [False, True, True, False, False]
    (rule,) = rules.to_json()
    assert (rule["matched"], rule["fired"]) == (3, 2)


def test_a_rule_can_strike_always() -> None:
    rules = faults()
    rules.add(read_rule({"fault": "dropped", "on": "run", "count": "always"}))

    assert all(strikes(rules, "run", 100))


def test_the_same_seed_gives_the_same_faults_whatever_other_rules_draw() -> None:
    rule = {"fault": "error", "on": "run", "probability": 0.5, "count": "always"}
    alone, beside, other = faults(seed=7), faults(seed=7), faults(seed=8)
    for rules in (alone, beside, other):
        rules.add(read_rule(rule))
    beside.add(read_rule({"fault": "error", "on": "status", "probability": 0.5, "count": "always"}))

    first = strikes(alone, "run", 50)
    strikes(beside, "status", 33)
    assert strikes(beside, "run", 50) == first
    assert strikes(other, "run", 50) != first
    assert 5 < sum(first) < 45


def test_the_first_rule_that_strikes_is_the_only_one() -> None:
    rules = faults()
    rules.add(read_rule({"fault": "slow", "on": "run"}))
    rules.add(read_rule({"fault": "garbage", "on": "run"}))

    drawn = [rule and rule.fault for rule in (rules.draw("run", HTTP_FAULTS) for _ in range(3))]
    assert drawn == [Fault.SLOW, Fault.GARBAGE, None]


def test_rules_can_be_taken_away() -> None:
    rules = faults()
    number = rules.add(read_rule({"fault": "slow"}))
    rules.remove(number)

    with pytest.raises(RuleNotFoundError):
        rules.remove(number)
    for _ in range(MAX_RULES):
        rules.add(read_rule({"fault": "slow"}))
    with pytest.raises(FaultRuleError):
        rules.add(read_rule({"fault": "slow"}))
    rules.clear()
    assert rules.to_json() == []


def test_a_script_has_a_seed_and_rules_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text(
        'seed = 7\n[[rule]]\nfault = "ambiguous"\non = "run"\ncount = 2\n'
        '[[rule]]\nfault = "webhook_late"\nseconds = 30\n'
    )

    script = read_fault_script(file)

    assert script.seed == 7
    assert [(rule.fault, rule.count, rule.seconds) for rule in script.rules] == [
        (Fault.AMBIGUOUS, 2, 0.0),
        (Fault.WEBHOOK_LATE, 1, 30.0),
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("seed = 7\n\nseed = ]\n", "line 3"),
        ("seeds = 7", "unknown key 'seeds'"),
        ("seed = true", "seed must be a whole number"),
        ('[rule]\nfault = "slow"', "two brackets"),
        ('[[rule]]\nfault = "slow"\n[[rule]]\nfault = "slow"\nwhen = 1', "rule 2: unknown key 'when'"),
        ("rule = [1]", "rule 1: a rule must be an object"),
        ('[[rule]]\nfault = "slow"\nseconds = nan', "rule 1: seconds must be"),
    ],
)
def test_a_script_that_is_none_is_refused_with_the_place(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "faults.toml"
    file.write_text(text)

    with pytest.raises(FaultRuleError) as refused:
        read_fault_script(file)

    assert why in str(refused.value)
    assert str(file) in str(refused.value)


def test_a_script_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FaultRuleError, match="No such file"):
        read_fault_script(tmp_path / "nothing.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff")
    with pytest.raises(FaultRuleError, match=r"binary\.toml"):
        read_fault_script(tmp_path / "binary.toml")


def test_only_kinds_that_take_time_have_seconds() -> None:
    assert SECONDS.keys() <= set(Fault)
    assert PLACES.keys() == set(Fault)
