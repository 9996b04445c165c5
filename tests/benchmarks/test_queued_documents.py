"""The documents that benchmarks let a worker serve."""

from benchmarks.queued_documents import queue_documents
from contracts.runpod_job import parse_job_input


def test_two_processes_make_the_same() -> None:
    one, others = queue_documents(3, {"width": 64}), queue_documents(3, {"width": 64})

    assert one[0].documents == others[0].documents
    assert one[1] == others[1]


def test_each_job_is_for_the_attempt_that_its_document_waits_for() -> None:
    generations, bodies = queue_documents(3, {})

    for body in bodies:
        job = parse_job_input(body["input"])
        document = generations.documents[job.path]
        assert (document["status"], document["stage"]) == ("queued", "dispatched")
        assert (document["attempt"], document["created_at"]) == (job.attempt, job.created_at)


def test_each_has_a_prompt_and_a_seed_of_its_own() -> None:
    _, bodies = queue_documents(5, {})

    assert (
        len({body["input"]["prompt"] for body in bodies}) == len({body["input"]["seed"] for body in bodies}) == 5
    )
