"""Hosts: how long a deployment to two hosts takes, where one to one of them takes 1."""

import time

from benchmarks.parts import Failed, Tell, temporary_bed, temporary_home
from benchmarks.summary.figures import Samples
from pipeline_defs.release.records import Release
from tests.support.fleet import Fleet

TIMES = 4


def measure(tell: Tell) -> Samples:
    """Each with a release of its own; the hosts share this machine's processors, which those of other people do not."""
    ratios = []
    with temporary_home("hosts") as home, temporary_bed("hosts", servers=2) as bed:
        first, second = bed.servers
        both = Fleet(bed, (first, second), home)
        releases = [both.release(f"1.{number}.0") for number in range(1 + 2 * TIMES)]
        _seconds(both, releases.pop(0))
        for _ in range(TIMES):
            release = releases.pop(0)
            alone = _seconds(both.on(first), release)
            _seconds(both.on(second), release)
            together = _seconds(both, releases.pop(0))
            ratios.append(together / alone)
            tell(f"one host {alone:.2f} s, two hosts {together:.2f} s")
    return {"two_hosts_over_one": ratios}


def _seconds(fleet: Fleet, release: Release) -> float:
    began = time.monotonic()
    report = fleet.deploy(release)
    if report.error:
        raise Failed(report.error)
    return time.monotonic() - began
