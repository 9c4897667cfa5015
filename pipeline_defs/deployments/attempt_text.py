"""What came of an attempt, as aligned lines for logs, which do not render Markdown."""

from collections.abc import Sequence

from pipeline_defs.release.evidence import StepTiming
from pipeline_defs.release.records import OnHost


def steps_text(steps: Sequence[StepTiming]) -> str:
    """Steps as aligned lines."""
    width = max((len(step.step) for step in steps), default=0)
    return "\n".join(f"{step.step:<{width}}  {step.seconds:7.1f} s  {step.outcome}" for step in steps)


def hosts_text(hosts: Sequence[OnHost]) -> str:
    """What came of it on each host, a line each; empty where there is one host."""
    return "\n".join(map(str, hosts))
