"""Run resources: what Shipline gives its runs, with a workspace of the test's own."""

from pathlib import Path

import dagster as dg

from pipeline_defs.github.github_resource import GitHubResource
from pipeline_defs.github.source_resource import SourceResource
from pipeline_defs.resources.docker_engine import EngineResource
from pipeline_defs.resources.registry_resource import RegistryResource
from pipeline_defs.resources.ssh_resource import SshResource


def run_resources(workspace: Path) -> dict[str, dg.ConfigurableResource[object]]:
    """The resources of each run, by the names under which ops ask for them."""
    return {
        "source": SourceResource(workspace=str(workspace)),
        "github": GitHubResource(),
        "engine": EngineResource(workspace=str(workspace)),
        "registry": RegistryResource(),
        "ssh": SshResource(),
    }
