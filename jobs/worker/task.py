"""What the worker runs: a job's message as a Celery task, and the base of ordinary tasks."""

from typing import Any

from celery import shared_task
from celery.contrib.django.task import DjangoTask

from jobs.core.job_type import JobType
from jobs.worker import executor


class PlainTask(DjangoTask):
    """The base of an ordinary `@shared_task`."""

    abstract = True


class JobTask(PlainTask):
    """The Celery side of a job type. Celery's spellings (`delay`, `apply_async`) submit a job like any other."""

    abstract = True
    typing = False
    # Celery writes each result out for its own log and for Flower, whole ones at a tenth of a worker's time; ours stands in the job's row.
    resultrepr_maxsize = 64


def register(job_type: JobType) -> None:
    """Make the job type known to every Celery app of this process."""

    def perform(task: Any, /, *args: Any, **payload: Any) -> Any:
        return executor.run(task, job_type, payload)

    perform.__doc__ = job_type.function.__doc__
    shared_task(perform, bind=True, base=JobTask, name=job_type.name)
