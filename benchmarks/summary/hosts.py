"""Hosts: how long a deployment to two hosts takes, where one to one of them takes 1."""

import time
from itertools import cycle

from benchmarks.parts import Failed, Tell, temporary_bed, temporary_home
from benchmarks.summary.figures import Samples
from pipeline_defs.release.records import Release
from tests.support.fleet import Fleet

TIMES = 5


def measure(tell: Tell) -> Samples:
    """Two releases in turn; the hosts share this machine's processors, which those of other people do not."""
    ratios = []
    with temporary_home("hosts") as home, temporary_bed("hosts", servers=2) as bed:
        first, second = bed.servers
        both = Fleet(bed, (first, second), home)
        releases = cycle((both.release("1.0.0"), both.release("1.1.0")))
        _seconds(both, next(releases))
        for _ in range(TIMES):
            alone = _seconds(both.on(first), next(releases))
            _seconds(both.on(second), next(releases))
            together = _seconds(both, next(releases))
            ratios.append(together / alone)
            tell(f"one host {alone:.2f} s, two hosts {together:.2f} s")
    return {"two_hosts_over_one": ratios}


def _seconds(fleet: Fleet, release: Release) -> float:
    began = time.monotonic()
    report = fleet.deploy(release)
    if report.error:
        raise Failed(report.error)
    return time.monotonic() - began
