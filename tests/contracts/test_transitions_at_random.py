"""One document, and everybody who may reach for it at any time: what holds however they interleave.

The machine keeps its own account of who may do what and holds each transition to it, both ways: a change that
must not be is caught, and so is a refusal without reason.
"""

import copy
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from contracts import transitions
from contracts.errors import Broken, ErrorCode, FailedStage
from contracts.generation import Progress, read_generation
from contracts.generation_data import ImageData
from contracts.status import Stage
from contracts.transitions import Change, Reason
from tests.contracts import documents
from tests.contracts.json_schema import fits

START = datetime(2026, 8, 1, tzinfo=UTC)
LEASE = timedelta(seconds=60)
MOST_FAILURES = 3
ENDED = {"completed", "failed", "cancelled"}
OF_WORK = {"claim", "lease_expires_at", "stage", "progress"}
FAILURE = Broken(ErrorCode.GENERATION_FAILED, FailedStage.GENERATING, "The picture could not be made.").failure
IMAGE_DATA = ImageData.model_validate(documents.IMAGE_DATA)

behind = st.sampled_from([0, 0, 0, -1, -2, 1])
"""By how many attempts somebody is behind the present one: most are not, and nobody should be ahead."""
seldom = st.sampled_from([False, False, False, True])
Job = tuple[datetime, int]
"""What a RunPod job was told: `created_at` and `attempt`."""


class OneDocument(RuleBasedStateMachine):
    jobs = Bundle("jobs")
    """Jobs at RunPod, those of earlier attempts and of deleted generations too. Any can run, more than once."""
    claims = Bundle("claims")
    """The nonces of all workers that ever tried: of those at work, of zombies, and of those that were refused."""

    def __init__(self) -> None:
        super().__init__()
        self.moments = 0
        self.fields: dict[str, Any] | None = None
        self.forget()

    def forget(self) -> None:
        """Nothing is known of a document that has just been created, or that there is none of."""
        self.attempt = 0
        self.failures = 0
        self.holder: str | None = None
        self.seed: int | None = None
        self.malformed = False
        self.completions = 0
        self.ending: dict[str, Any] | None = None

    @property
    def status(self) -> str | None:
        return None if self.fields is None else str(self.fields["status"])

    @property
    def is_queued(self) -> bool:
        return self.status == "queued" and not self.malformed

    @property
    def is_open(self) -> bool:
        return self.status in {"queued", "processing"}

    def is_of(self, job: Job) -> bool:
        """Whether the document is this job's, and not a newer one under the same id."""
        assert self.fields is not None
        return job == (self.fields["created_at"], self.attempt)

    def now(self) -> datetime:
        """A moment that never was before, a microsecond after the last one."""
        self.moments += 1
        return START + timedelta(microseconds=self.moments)

    def settle(self, outcome: Change | Reason, *, allowed: bool) -> bool:
        """Write what a transition said, as a store would. Whether it was a change."""
        assert self.fields is not None
        assert isinstance(outcome, Change) == allowed, f"{outcome} of {self.fields}"
        if isinstance(outcome, Reason):
            return False
        self.write(outcome.apply_to(self.fields))
        return True

    def write(self, fields: Mapping[str, Any]) -> None:
        """What is written is a document's plain content, nothing that belongs to somebody."""
        self.fields = copy.deepcopy(dict(fields))

    @initialize()
    def begin(self) -> None:
        self.create()

    # The page and the administrator.

    @precondition(lambda self: self.fields is None)
    @rule()
    def create(self) -> None:
        self.forget()
        self.write(documents.QUEUED | {"created_at": self.now()})

    @precondition(lambda self: self.fields is not None)
    @rule(really=seldom)
    def delete(self, really: bool) -> None:  # noqa: FBT001
        if really:
            self.forget()
            self.fields = None

    @precondition(lambda self: self.fields is not None)
    @rule(really=seldom)
    def spoil(self, really: bool) -> None:  # noqa: FBT001
        """Somebody with a service account writes nonsense into it, ended or not."""
        assert self.fields is not None
        if not really:
            return
        self.write(self.fields | {"attempt": "many"})
        self.malformed = True
        if self.ending is not None:
            self.ending = copy.deepcopy(self.fields)

    @precondition(lambda self: self.fields is not None)
    @rule(really=seldom)
    def cancel(self, really: bool) -> None:  # noqa: FBT001
        if not really:
            return
        allowed = self.is_open
        self.settle(transitions.cancel(read_generation(self.fields or {}), now=self.now()), allowed=allowed)

    # The functions.

    @precondition(lambda self: self.fields is not None)
    @rule(target=jobs, lag=behind, seed=st.integers(min_value=0, max_value=9))
    def dispatch(self, lag: int, seed: int) -> Job | MultipleResults[Job]:
        """By whoever once read the attempt: events come twice, and sweepers overlap."""
        attempt = self.attempt + lag
        allowed = self.is_queued and attempt == self.attempt
        now = self.now()
        outcome = transitions.dispatch(
            read_generation(self.fields or {}),
            attempt=attempt,
            seed=seed,
            now=now,
            lease_expires_at=now + LEASE,
        )
        if not self.settle(outcome, allowed=allowed):
            return multiple()
        assert self.fields is not None
        assert self.fields["attempt"] == attempt + 1
        self.attempt = attempt + 1
        self.seed = seed if self.seed is None else self.seed
        return self.fields["created_at"], self.attempt

    @precondition(lambda self: self.fields is not None)
    @rule(job=jobs)
    def record_runpod_job(self, job: Job) -> None:
        """RunPod's answer can come when the document has been deleted and created anew."""
        created_at, attempt = job
        allowed = self.is_queued and self.is_of(job)
        status = self.status
        outcome = transitions.record_runpod_job(
            read_generation(self.fields or {}),
            created_at=created_at,
            attempt=attempt,
            runpod_job_id=f"job-{attempt}",
            now=self.now(),
            lease_expires_at=self.now() + LEASE,
        )
        self.settle(outcome, allowed=allowed)
        assert self.status == status

    @precondition(lambda self: self.fields is not None)
    @rule(job=jobs, really=seldom)
    def fail_dispatch(self, job: Job, really: bool) -> None:  # noqa: FBT001
        if not really:
            return
        created_at, attempt = job
        allowed = self.is_queued and self.is_of(job)
        outcome = transitions.fail_dispatch(
            read_generation(self.fields or {}),
            created_at=created_at,
            attempt=attempt,
            failure=FAILURE,
            now=self.now(),
        )
        self.settle(outcome, allowed=allowed)

    @precondition(lambda self: self.fields is not None)
    @rule(lag=behind, really=seldom)
    def reject(self, lag: int, really: bool) -> None:  # noqa: FBT001
        if not really:
            return
        attempt = self.attempt + lag
        read = read_generation(self.fields or {})
        allowed = self.is_open and (read.attempt == attempt if self.malformed else self.is_queued and lag == 0)
        outcome = transitions.reject(read, attempt=attempt, failure=FAILURE, now=self.now())
        self.settle(outcome, allowed=allowed)

    @precondition(lambda self: self.fields is not None)
    @rule(lag=behind)
    def wait(self, lag: int) -> None:
        outcome = transitions.wait(
            read_generation(self.fields or {}),
            attempt=self.attempt + lag,
            now=self.now(),
            lease_expires_at=self.now() + LEASE,
        )
        allowed = self.is_open and (self.malformed or (self.is_queued and lag == 0))
        self.settle(outcome, allowed=allowed)

    @precondition(lambda self: self.fields is not None)
    @rule(job=jobs, is_over=st.booleans())
    def extend(self, job: Job, *, is_over: bool) -> None:
        created_at, attempt = job
        allowed = self.is_open and not self.malformed and self.is_of(job) and is_over
        outcome = transitions.extend(
            read_generation(self.fields or {}),
            created_at=created_at,
            attempt=attempt,
            now=self.now() + (2 * LEASE if is_over else timedelta()),
            lease_expires_at=self.now() + LEASE,
        )
        self.settle(outcome, allowed=allowed)

    @precondition(lambda self: self.fields is not None and "lease_expires_at" in self.fields)
    @rule(is_over=st.booleans())
    def postpone(self, *, is_over: bool) -> None:
        outcome = transitions.postpone(
            read_generation(self.fields or {}),
            now=self.now() + (2 * LEASE if is_over else timedelta()),
            lease_expires_at=self.now() + LEASE,
        )
        self.settle(outcome, allowed=self.is_open and is_over)

    @precondition(lambda self: self.fields is not None)
    @rule(job=jobs, counts=st.booleans())
    def redispatch(self, job: Job, counts: bool) -> None:  # noqa: FBT001
        """The only way back: the worker is thought lost, rightly or not."""
        created_at, attempt = job
        allowed = self.is_open and not self.malformed and self.is_of(job)
        outcome = transitions.redispatch(
            read_generation(self.fields or {}),
            created_at=created_at,
            attempt=attempt,
            failure=FAILURE,
            counts=counts,
            now=self.now(),
            retry_at=self.now() + LEASE,
        )
        if self.settle(outcome, allowed=allowed):
            self.put_back(counts=counts)

    def put_back(self, *, counts: bool) -> None:
        """An attempt came to nothing; the third that counts was the last."""
        self.failures += counts
        self.holder = None
        assert (self.status == "queued") == (self.failures < MOST_FAILURES)
        if self.status == "queued":
            self.attempt += 1

    @precondition(lambda self: self.fields is not None)
    @rule(job=jobs, really=seldom)
    def fail_overdue(self, job: Job, really: bool) -> None:  # noqa: FBT001
        if not really:
            return
        created_at, attempt = job
        allowed = self.is_open and not self.malformed and self.is_of(job)
        outcome = transitions.fail_overdue(
            read_generation(self.fields or {}),
            created_at=created_at,
            attempt=attempt,
            failure=FAILURE,
            now=self.now(),
        )
        self.settle(outcome, allowed=allowed)

    @precondition(lambda self: self.fields is not None)
    @rule(job=jobs, really=seldom)
    def adopt(self, job: Job, really: bool) -> None:  # noqa: FBT001
        """The files of any attempt are as good as those of another."""
        assert self.fields is not None
        if not really:
            return
        created_at, _ = job
        allowed = self.is_open and not self.malformed and created_at == self.fields["created_at"]
        outcome = transitions.adopt(
            read_generation(self.fields), created_at=created_at, generation_data=IMAGE_DATA, now=self.now()
        )
        self.completions += self.settle(outcome, allowed=allowed)

    # The workers.

    @precondition(lambda self: self.fields is not None)
    @rule(target=claims, job=jobs)
    def claim(self, job: Job) -> str:
        """RunPod may hand out a job twice, late, or long after it was for nothing."""
        return self.claimed(*job)

    @precondition(lambda self: self.is_queued and self.attempt > 0)
    @rule(target=claims)
    def claim_what_waits(self) -> str:
        assert self.fields is not None
        return self.claimed(self.fields["created_at"], self.attempt)

    def claimed(self, created_at: datetime, attempt: int) -> str:
        """The nonce with which a worker tried to claim it."""
        assert self.fields is not None
        allowed = self.is_queued and self.is_of((created_at, attempt))
        now = self.now()
        nonce = f"nonce-{self.moments}"
        outcome = transitions.claim(
            read_generation(self.fields),
            created_at=created_at,
            attempt=attempt,
            claim=nonce,
            runpod_job_id=f"job-{attempt}",
            now=now,
            lease_expires_at=now + LEASE,
        )
        if self.settle(outcome, allowed=allowed):
            self.holder = nonce
        return nonce

    def holds(self, nonce: str) -> bool:
        return self.status == "processing" and not self.malformed and self.holder == nonce

    @precondition(lambda self: self.fields is not None)
    @rule(nonce=claims, stage=st.sampled_from(Stage), step=st.none() | st.integers(0, 12))
    def heartbeat(self, nonce: str, stage: Stage, step: int | None) -> None:
        allowed, now = self.holds(nonce), self.now()
        progress = None
        if step is not None:
            progress = Progress(sequence=self.moments, fraction=step / 12, step=step, steps=12)
        outcome = transitions.heartbeat(
            read_generation(self.fields or {}),
            claim=nonce,
            stage=stage,
            progress=progress,
            now=now,
            lease_expires_at=now + LEASE,
        )
        self.settle(outcome, allowed=allowed)

    @precondition(lambda self: self.fields is not None)
    @rule(nonce=claims)
    def complete(self, nonce: str) -> None:
        """The worker goes on as if it had not heard, and will try again."""
        allowed = self.holds(nonce)
        outcome = transitions.complete(
            read_generation(self.fields or {}), claim=nonce, generation_data=IMAGE_DATA, now=self.now()
        )
        self.completions += self.settle(outcome, allowed=allowed)

    @precondition(lambda self: self.fields is not None)
    @rule(nonce=claims | consumes(claims))
    def fail(self, nonce: str) -> None:
        allowed = self.holds(nonce)
        outcome = transitions.fail(
            read_generation(self.fields or {}), claim=nonce, failure=FAILURE, now=self.now()
        )
        self.settle(outcome, allowed=allowed)

    @precondition(lambda self: self.fields is not None)
    @rule(nonce=claims)
    def give_back(self, nonce: str) -> None:
        outcome = transitions.give_back(
            read_generation(self.fields or {}),
            claim=nonce,
            failure=FAILURE,
            now=self.now(),
            retry_at=self.now() + LEASE,
        )
        if self.settle(outcome, allowed=self.holds(nonce)):
            self.put_back(counts=True)

    # What holds at all times.

    @invariant()
    def an_ended_document_never_changes(self) -> None:
        if self.ending is not None:
            assert self.fields == self.ending
        elif self.status in ENDED:
            self.ending = copy.deepcopy(self.fields)

    @invariant()
    def it_is_completed_once_at_most(self) -> None:
        assert self.completions <= 1
        assert (self.completions == 1) == (self.status == "completed")

    @invariant()
    def it_has_failed_as_often_as_it_says(self) -> None:
        if self.fields is not None and not self.malformed:
            assert self.fields.get("failures", 0) == self.failures <= MOST_FAILURES

    @invariant()
    def nobody_is_at_work_on_an_ended_document(self) -> None:
        if self.fields is not None and self.status in ENDED:
            assert not OF_WORK & self.fields.keys()

    @invariant()
    def whoever_it_waits_for_has_a_lease(self) -> None:
        if self.fields is not None and self.is_open and self.attempt > 0:
            assert "lease_expires_at" in self.fields

    @invariant()
    def the_claim_is_that_of_its_holder(self) -> None:
        if self.fields is not None and self.is_open:
            assert self.fields.get("claim") == self.holder

    @invariant()
    def the_attempt_is_the_last_one_that_was_begun(self) -> None:
        if self.fields is not None and not self.malformed:
            assert self.fields.get("attempt", 0) == self.attempt

    @invariant()
    def a_seed_once_drawn_never_changes(self) -> None:
        if self.fields is not None:
            assert self.fields.get("seed") == self.seed

    @invariant()
    def it_is_still_what_the_page_asked_for(self) -> None:
        if self.fields is not None:
            assert self.fields["request_data"] == documents.QUEUED["request_data"]
            assert (self.fields["user_id"], self.fields["file_uid"]) == ("u1", "f1")

    @invariant()
    def it_has_the_form_of_a_generation(self) -> None:
        if self.fields is not None and not self.malformed:
            assert fits(self.fields, "Generation")


TestOneDocument = OneDocument.TestCase
TestOneDocument.settings = settings(
    max_examples=300,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
