"""Each guard of the protocol and each branch of the sweeper, taken away."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One piece of the code, and what stands there instead."""

    what: str
    file: str
    was: str
    becomes: str
    equivalent: str = ""
    """Why nothing can tell the difference, where that is so."""


def _in(file: str, *mutants: tuple[str, str, str] | tuple[str, str, str, str]) -> list[Mutant]:
    return [
        Mutant(what=one[0], file=file, was=one[1], becomes=one[2], equivalent=one[3] if len(one) > 3 else "")
        for one in mutants
    ]


TRANSITIONS = _in(
    "contracts/transitions.py",
    (
        "an ending does not absorb",
        "    if generation.is_terminal:\n        return Reason.ENDED\n    return Reason.MALFORMED",
        "    return Reason.MALFORMED",
    ),
    (
        "a new job under an old id is taken for the old one",
        "    if not same_moment(open_.created_at, created_at):\n        return Reason.OTHER_JOB\n    return open_ if",
        "    return open_ if",
    ),
    (
        "any attempt is the present one",
        "return open_ if open_.attempt == attempt else Reason.OTHER_ATTEMPT",
        "return open_",
    ),
    (
        "dispatch does not look at the attempt",
        "    if open_.attempt != attempt:\n        return Reason.OTHER_ATTEMPT\n",
        "",
    ),
    (
        "what is processed is dispatched",
        "return open_ if open_.status is Status.QUEUED else Reason.NOT_QUEUED",
        "return open_",
    ),
    (
        "what is processed is claimed",
        "return Reason.NOT_QUEUED if isinstance(open_, Generation) and open_.status is not Status.QUEUED else open_",
        "return open_",
    ),
    (
        "any claim will do",
        "open_.status is Status.PROCESSING and open_.claim == claim",
        "open_.status is Status.PROCESSING",
    ),
    (
        "a claim is believed whatever the status",
        "open_.status is Status.PROCESSING and open_.claim == claim",
        "open_.claim == claim",
        "a document has a claim exactly while it is processing: claim sets both, and every way out takes it away",
    ),
    (
        "completing needs no claim",
        "return _not_mine(generation, claim) or _completed(generation_data, now)",
        "return _completed(generation_data, now)",
    ),
    (
        "failing needs no claim",
        "return _not_mine(generation, claim) or _failed(failure, now)",
        "return _failed(failure, now)",
    ),
    (
        "a heartbeat needs no claim",
        "    if reason := _not_mine(generation, claim):\n        return reason\n    reported",
        "    reported",
    ),
    (
        "giving back needs no claim",
        "    if reason := _not_mine(generation, claim):\n        return reason\n    open_",
        "    open_",
    ),
    (
        "what another release has begun is rejected",
        "return _failed(failure, now) if generation.attempt == attempt else Reason.OTHER_ATTEMPT",
        "return _failed(failure, now)",
    ),
    (
        "what has ended is cancelled",
        "    if generation.is_terminal:\n        return Reason.ENDED\n    if asked_at",
        "    if asked_at",
    ),
    (
        "a command means what was created after it",
        "    if asked_at is not None and is_newer(generation, asked_at):\n        return Reason.OTHER_JOB\n",
        "",
    ),
    (
        "another job's files are adopted",
        "    if not same_moment(open_.created_at, created_at):\n        return Reason.OTHER_JOB\n    return _completed",
        "    return _completed",
    ),
    ("another try does not raise the fence", '"attempt": open_.attempt + 1,', '"attempt": open_.attempt,'),
    (
        "another try keeps the claim",
        'frozenset({"claim", "progress", "runpod_job_id"})',
        'frozenset({"progress", "runpod_job_id"})',
    ),
    (
        "another try keeps RunPod's job",
        'frozenset({"claim", "progress", "runpod_job_id"})',
        'frozenset({"claim", "progress"})',
    ),
    ("there is no last try", "if failures >= MAX_FAILURES:", "if failures < 0:"),
    ("dispatch does not raise the fence", '"attempt": attempt + 1,', '"attempt": attempt,'),
    (
        "dispatch keeps the last attempt's RunPod job",
        'frozenset({"runpod_job_id"} if queued.runpod_job_id is not None else ())',
        "frozenset()",
    ),
    (
        "an extension shortens a worker's lease",
        "    if not _is_overdue(generation, now):\n        return Reason.LEASED\n",
        "",
    ),
    (
        "noting RunPod's job shortens a worker's lease",
        "    if open_.status is not Status.QUEUED:\n        return Reason.RECORDED\n",
        "",
    ),
    (
        "what RunPod never took counts",
        "_again(open_, failure, now, retry_at, counts=counts)",
        "_again(open_, failure, now, retry_at, counts=True)",
    ),
    (
        "waiting sets no lease",
        '"stage": Stage.WAITING, "lease_expires_at": lease_expires_at, "modified"',
        '"stage": Stage.WAITING, "modified"',
    ),
    (
        "an ending keeps its lease",
        'OF_WORK = frozenset({"claim", "lease_expires_at", "stage", "progress"})',
        'OF_WORK = frozenset({"claim", "stage", "progress"})',
    ),
)
SWEEPER = [
    *_in(
        "triggers/rescue.py",
        (
            "a lease that runs is over",
            "if found.lease_expires_at is None or outside.now() < found.lease_expires_at:",
            "if found.lease_expires_at is None:",
        ),
        (
            "nobody asks whether there is an owner",
            "if not outside.owners.exists(path.user_id):",
            "if not path.user_id:",
        ),
        (
            "stored files are not adopted",
            "    if not _adopted(stopped, outside):\n        _follow_runpod(stopped, outside)",
            "    _follow_runpod(stopped, outside)",
        ),
        ("what is no generation is left", "        dispatch(path, outside)  # which rejects it\n", ""),
        (
            "what waits in RunPod's queue is lost",
            "job.status is RunPodStatus.IN_QUEUE and generation.status",
            "job.status is None and generation.status",
        ),
        (
            "a dead worker's job back in the queue is waited for",
            "RunPodStatus.IN_QUEUE and generation.status is Status.QUEUED:",
            "RunPodStatus.IN_QUEUE:",
        ),
        (
            "what never reached RunPod stays there",
            "        dispatch(stopped.path, outside, attempt=stopped.attempt)",
            "        pass",
        ),
        (
            "a RunPod that cannot be asked has lost it",
            '"code": failed.failure.code})\n        _wait_for_runpod(stopped, outside)',
            '"code": failed.failure.code})\n        _lost(stopped, None, outside)',
        ),
        (
            "a RunPod that cannot be asked is asked for ever",
            '"code": failed.failure.code})\n        _wait_for_runpod(stopped, outside)',
            '"code": failed.failure.code})\n        _look_later(stopped, outside)',
        ),
        (
            "what nobody waits for stays in RunPod's queue",
            "        _cancel_at_runpod(stopped, outside)\n        _give_up",
            "        _give_up",
        ),
        (
            "files in RunPod's result are not stored",
            "returned_files(stopped.path, job.output) if job.status is RunPodStatus.COMPLETED else None",
            "None",
        ),
        (
            "a job that is given up runs on",
            "    if job is not None and not job.is_over:\n        _cancel_at_runpod(stopped, outside)\n",
            "",
        ),
        ("a lost attempt does not count", "            counts=True,", "            counts=False,"),
        ("nobody is ever too old", "return outside.now() - stopped.created_at > GIVE_UP_AFTER", "return False"),
        (
            "a failed job leaves its files",
            "        announce(stopped.path, applied.fields, outside.endings)\n        discard(stopped, outside.objects)",
            "        announce(stopped.path, applied.fields, outside.endings)",
        ),
        (
            "files nobody wants are left",
            "    if not are_wanted(outside.generations.read(stopped.path), stopped.created_at):\n        discard(stopped, outside.objects)",
            "    pass",
        ),
        (
            "a hint about an earlier attempt is followed",
            "if found.attempt != attempt or not same_moment",
            "if not same_moment",
        ),
        (
            "a hint about an earlier job is followed",
            "if found.attempt != attempt or not same_moment(found.created_at, created_at):",
            "if found.attempt != attempt:",
        ),
        (
            "a completed job without files is lost at once",
            "    if job.status is not RunPodStatus.COMPLETED:\n        _lost",
            "    if job.status:\n        _lost",
        ),
    ),
    *_in(
        "triggers/sweep.py",
        (
            "leases are not looked at",
            "            whole &= _done(media_type, partial(_look_after_overdue, media_type, outside, threads, tally))\n",
            "",
        ),
        (
            "creations are not looked at",
            "            whole &= _done(media_type, partial(_look_through_creations, media_type, outside, threads, tally))\n",
            "",
        ),
        (
            "commands are not looked at",
            "        whole &= _done(COMMANDS, partial(_carry_out_waiting, outside, threads, tally))\n",
            "",
        ),
        (
            "what cannot be dispatched gets no lease",
            "    return _done(path.document, leased)",
            "    return bool(leased)",
        ),
        (
            "what cannot be rescued keeps its lease",
            "    _put_off(path, transitions.postpone, outside)\n",
            "",
        ),
        (
            "the mark goes past what failed",
            "        if not all(begun):\n            return\n",
            "",
        ),
    ),
    *_in(
        "triggers/collect.py",
        (
            "the collector collects nothing",
            "return not are_wanted(outside.generations.read(path), created_at)",
            "return False",
        ),
        (
            "the collector collects everything",
            "return not are_wanted(outside.generations.read(path), created_at)",
            "return True",
        ),
    ),
]
FUNCTIONS = [
    *_in(
        "triggers/commands.py",
        (
            "delete takes a newer job's files",
            "created_anew = of_later_jobs(path, asked_at, objects)",
            "created_anew: list[object] = []",
        ),
        (
            "delete takes a newer document",
            "if found is not None and not is_newer(found, asked_at):",
            "if found is not None:",
        ),
        ("delete leaves the files", "            outside.objects.remove(stored)", "            pass"),
        ("cancel does not tell RunPod", "        outside.runpod.cancel(runpod_job_id)", "        pass"),
    ),
    *_in(
        "triggers/dispatch.py",
        (
            "the breaker stops nobody",
            "if closed_until is not None and outside.now() < closed_until:",
            "if closed_until is None and outside is None:",
        ),
        (
            "what nobody waits for runs on",
            "recorded.reason is not Reason.RECORDED:\n        outside.runpod.cancel(runpod_job_id)",
            "recorded.reason is not Reason.RECORDED:\n        pass",
        ),
        (
            "what a worker has claimed is cancelled",
            "isinstance(recorded, Refused) and recorded.reason is not Reason.RECORDED:",
            "isinstance(recorded, Refused):",
        ),
        (
            "what a worker has claimed is taken away",
            "            return Reason.NOT_QUEUED  # taken all the same",
            "            pass",
        ),
    ),
]
FILES = [
    *_in(
        "adapters/stored_files.py",
        (
            "half a set is stored over as it is",
            "if len(files) > 1 and any(file.name in versions for file in files):",
            "if not files:",
        ),
        (
            "a later job's files are stored over",
            "        if of_later_jobs(job.path, job.created_at, found):\n            raise ClaimLost\n",
            "",
        ),
        (
            "a stranger's files are stored over",
            "        check_names_free(job.path, [file.name for file in files], found)\n",
            "",
        ),
        (
            "a complete set is stored again",
            "        if adopted is not None:\n            return _generation_data(job, adopted, objects)\n",
            "",
        ),
        ("nothing is discarded", "            objects.remove(stored)", "            pass"),
    ),
    *_in(
        "contracts/stored_object.py",
        (
            "files of two attempts are a set",
            'if name in mine and mine[name].metadata.get("attempt") == stored.metadata.get("attempt")',
            "if name in mine",
        ),
        (
            "files that say too little are a set",
            "and _can_be_read(path.media_type, same_attempt):",
            "and path:",
        ),
        (
            "files of an earlier job are this one's",
            "if (made_for := made_at(path, stored)) and same_moment(made_for, created_at)",
            "if made_at(path, stored)",
        ),
        (
            "a newer job's document wants an older one's files",
            "if found is None or not same_moment(found.created_at, created_at):",
            "if found is None:",
        ),
        (
            "a completed document does not want its files",
            "return found.status is Status.COMPLETED or not found.is_terminal",
            "return not found.is_terminal",
        ),
        (
            "an open document does not want its files",
            "return found.status is Status.COMPLETED or not found.is_terminal",
            "return found.status is Status.COMPLETED",
        ),
    ),
    *_in(
        "adapters/in_memory.py",
        (
            "a document is written over a newer one",
            "if path in self.documents and self._versions.get(path) == version:",
            "if path in self.documents:",
        ),
        (
            "an object is stored over any other",
            "if (there[0].generation if there else 0) != replacing:",
            "if replacing < 0:",
        ),
        (
            "an object is removed in any version",
            "if there is not None and there[0].generation == stored.generation:",
            "if there is not None:",
        ),
    ),
]
WORKER = [
    *_in(
        "worker/generate.py",
        (
            "a refused claim is ignored",
            "            if not isinstance(claimed, Applied):\n                return claimed\n",
            "            if not isinstance(claimed, Applied):\n                claimed = None\n",
        ),
        (
            "a refused completer discards whatever it finds",
            "if not are_wanted(turn.cloud.generations.read(turn.job.path), turn.job.created_at):",
            "if turn:",
        ),
        (
            "a refused completer discards nothing",
            '        discard(turn.job, turn.cloud.objects)\n    log.info("stopped"',
            '        pass\n    log.info("stopped"',
        ),
        ("files that are there are made again", "        stored = _adopt(turn)\n", "        stored: Any = None\n"),
        (
            "what Storage does not take is not handed back",
            "return _return_files(turn, made, facts, str(error))",
            "raise",
        ),
    ),
    *_in(
        "worker/heartbeat.py",
        (
            "a lost claim is not noticed",
            "if isinstance(applied, Refused):\n            return False",
            "if isinstance(applied, Refused):\n            return True",
        ),
    ),
]
GPU = [
    *_in(
        "worker/lane.py",
        (
            "a job is let in long before its turn",
            "        return self._until_turn(place) <= LEAD_SECONDS\n",
            "        return True\n",
        ),
        (
            "a model is loaded though others wait whose model is loaded",
            "        return next((place for place in places if self._pipelines.has(place.model)), first)\n",
            "        return first\n",
        ),
        (
            "who waits for a model is overtaken for ever",
            "        if self._monotonic() - max(first.came, self._loaded_at) >= OVERTAKEN_SECONDS:\n            return first\n",
            "",
        ),
        (
            "a lost GPU is tried again",
            "        if self.lost.is_set():\n            return GpuLost()\n",
            "",
        ),
        (
            "one bad job takes its mates along",
            "if error is not None and len(wanted) > 1 and not",
            "if error is None and len(wanted) > 1 and not",
        ),
    ),
    *_in(
        "worker/place.py",
        (
            "who leaves stops his mates",
            "            if all(mate.left for mate in self.mates):\n                raise ClaimLost",
            "            if any(mate.left for mate in self.mates):\n                raise ClaimLost",
        ),
    ),
    *_in(
        "worker/shelf.py",
        (
            "who was asked for last goes first",
            "self._loaded.popitem(last=False)",
            "self._loaded.popitem(last=True)",
        ),
        ("asking for one is not remembered", "        self._loaded.move_to_end(model.id)\n", ""),
    ),
    *_in(
        "worker/warm_up.py",
        (
            "a model that cannot generate takes jobs",
            "        except Exception as error:\n            reason =",
            "        except Exception as error:\n            continue\n            reason =",
        ),
    ),
]
ALL = [*TRANSITIONS, *SWEEPER, *FUNCTIONS, *FILES, *WORKER, *GPU]
