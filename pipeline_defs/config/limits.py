"""Limits: what a Shipline keeps, and lets its runs say, on its own machine."""

from pydantic import Field

from pipeline_defs.config.value_types import GIB, MIB, Model, Size


class Limits(Model):
    """The file `limits.yaml` in the home. What is kept beyond these is removed by the job `housekeeping`, the oldest first."""

    log: Size = Field(
        default=4 * MIB, description="raw output in the log of a stage; of more, beginning and end are kept"
    )
    workspace: Size = Field(
        default=20 * GIB, description="clones, checkouts and files of builds and tests; full of what is in use, runs are refused"
    )  # fmt: skip
    images: Size = Field(
        default=30 * GIB, description="images of builds on this machine's Engine; registry and servers have their own"
    )
    cache: Size = Field(default=20 * GIB, description="BuildKit's cache on each Engine that builds")
    days: int = Field(
        default=90,
        ge=1,
        description="after which the raw output of runs goes; what happened, the lineage and all evidence stay",
    )
