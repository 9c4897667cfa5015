"""Run statuses: which of Dagster's mean that a run waits, is not over, or is over."""

from dagster import DagsterRunStatus

WAITING = (DagsterRunStatus.NOT_STARTED, DagsterRunStatus.QUEUED)
UNFINISHED = (*WAITING, DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING)
FINISHED = (DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)
