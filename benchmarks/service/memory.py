"""Memory: the most that each program of a service was seen to take."""

import re

from tests.testbed import docker

_MIB = {"B": 1 / 2**20, "KiB": 1 / 2**10, "MiB": 1.0, "GiB": 2.0**10}


class Memory:
    """Looks at the containers that Compose started for the service of one name; runs are no part of them."""

    def __init__(self, project: str) -> None:
        self._project = project
        self.most: dict[str, float] = {}
        """MiB, by the program's name."""

    def look(self) -> None:
        """Look at all of them once, which takes the Engine two seconds."""
        mine = f"label=com.docker.compose.project={self._project}"
        form = '{{.ID}}\t{{.Label "com.docker.compose.service"}}'
        names = dict(line.split("\t") for line in docker.docker("ps", "--filter", mine, "--format", form).splitlines())
        said = docker.docker("stats", "--no-stream", "--format", "{{.ID}}\t{{.MemUsage}}", *names)
        for line in said.splitlines():
            container, used = line.split("\t")
            self.most[names[container]] = max(self.most.get(names[container], 0.0), mib(used))

    def __str__(self) -> str:
        return ", ".join(f"{name} {used:.0f} MiB" for name, used in sorted(self.most.items()))


def mib(used: str) -> float:
    """MiB of what the Engine prints, such as `12.5MiB / 1GiB`."""
    found = re.match(r"([\d.]+)([KMG]?i?B)", used)
    assert found, used
    return float(found[1]) * _MIB[found[2]]
