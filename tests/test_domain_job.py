"""A job's life: begun as often as it takes, ended once."""

from datetime import timedelta

import pytest

from state.domain import job
from state.domain.errors import Code, Refusal
from state.domain.job import ENDED, IDLE, Job, JobStatus
from tests.make import NOW


def made(status: JobStatus = JobStatus.QUEUED, **more: bool) -> Job:
    fresh = job.new_job("t1", "r1", "translate", {"text": "hello"}, NOW, owner="a1", **more)
    return Job(**{f: getattr(fresh, f) for f in Job.__struct_fields__} | {"status": status})


def test_it_is_begun_as_often_as_workers_die_and_started_once() -> None:
    first = job.begin(made(), NOW)
    again = job.begin(first, NOW + timedelta(minutes=1))
    assert (first.status, first.attempts, first.started_at) == (JobStatus.RUNNING, 1, NOW)
    assert (again.status, again.attempts, again.started_at) == (JobStatus.RUNNING, 2, NOW)


def test_what_is_in_doubt_stays_so_until_it_is_settled() -> None:
    doubted = job.doubt(job.begin(made(), NOW))
    assert job.begin(doubted, NOW).status is JobStatus.UNKNOWN
    assert job.complete(doubted, {"sold": 1}, NOW).status is JobStatus.COMPLETED


def test_one_that_waits_goes_on_waiting_until_it_need_not_and_is_never_given_up_for_that() -> None:
    waiting = job.put_off(job.begin(made(), NOW), waiting=True)
    assert (waiting.status, waiting.attempts) == (JobStatus.WAITING, 0)
    assert job.begin(waiting, NOW).status is JobStatus.WAITING
    going_on = job.resume(waiting)
    assert (going_on.status, going_on.progress) == (JobStatus.RUNNING, 10)
    assert job.put_off(going_on, waiting=True).status is JobStatus.RUNNING, "paid for meanwhile"
    left = job.put_off(job.begin(made(), NOW), waiting=False)
    assert (left.status, left.attempts) == (JobStatus.RUNNING, 0)


def test_only_the_end_is_a_hundred_per_cent() -> None:
    assert job.advance(made(), 250).progress == 99
    done = job.complete(made(), "result", NOW)
    assert (done.progress, done.result, done.ended_at) == (100, "result", NOW)


@pytest.mark.parametrize("stoppable", [True, False])
@pytest.mark.parametrize("status", JobStatus)
def test_it_can_be_cancelled_until_it_has_ended_or_is_past_stopping(
    status: JobStatus, stoppable: bool
) -> None:
    held = made(status, stoppable=stoppable)
    if status in ENDED or (status not in IDLE and not stoppable):
        with pytest.raises(Refusal) as refused:
            job.cancel(held, NOW)
        assert refused.value.code is Code.CONFLICT
    else:
        assert job.cancel(held, NOW).status is JobStatus.CANCELLED


def test_its_news_tell_what_came_of_it_and_nothing_of_what_was_asked() -> None:
    told = job.news(job.fail(made(), {"code": "INTERNAL", "message": "sorry"}, NOW))
    assert (told.status, told.result, told.error) == (
        JobStatus.FAILED,
        None,
        {"code": "INTERNAL", "message": "sorry"},
    )
    assert not hasattr(told, "payload")
