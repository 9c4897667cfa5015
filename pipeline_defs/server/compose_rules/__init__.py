"""Compose rules: what in a compose file Shipline cannot run, or would run otherwise than its author expects; each with the line to write.

Pure: from what the server rendered and has, and the app's file.
"""

from collections.abc import Sequence

from pipeline_defs.release.image_set import ReleasedImage
from pipeline_defs.server.compose.rendered_compose import RenderedCompose
from pipeline_defs.server.compose_rules.database_rules import databases
from pipeline_defs.server.compose_rules.external_rules import outside
from pipeline_defs.server.compose_rules.findings import Findings
from pipeline_defs.server.compose_rules.image_rules import images
from pipeline_defs.server.compose_rules.port_rules import ports
from pipeline_defs.server.compose_rules.replacement_rules import replacing
from pipeline_defs.server.compose_rules.service_rules import services
from pipeline_defs.server.compose_rules.unsupported_rules import unsupported
from pipeline_defs.server.compose_rules.variable_rules import failure, unset
from pipeline_defs.server.core.site import Site

__all__ = ["Findings", "problems"]


def problems(
    look: RenderedCompose,
    site: Site,
    repository: str,
    *,
    several: Sequence[ReleasedImage] = (),
    known: bool = False,
) -> Findings:
    """What is wrong with a compose file, and what a person should know.

    Args:
        repository: the name of the app's image.
        several: the images of a release that has several.
        known: the release ran here before. It is refused only for what keeps it from starting now, so that a way back is not
            closed by a rule that is newer than the release.
    """
    found = Findings()
    found.refuse(failure(look, site))
    if look.model is None:
        return found
    if look.around is not None:
        outside(look.model, look.around, site, found)
        ports(look.model, look.around, site, found, known=known)
    if not known:
        services(look.model, site, found)
        unset(look, site, found)
        images(look.model, site, repository, several, found)
        replacing(look.model, site, found)
        unsupported(look.model, site, found)
        databases(look.model, site, found)
    return found
