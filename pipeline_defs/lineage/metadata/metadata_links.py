"""Metadata links: from what Dagster shows to the commit and pull request on GitHub, and to the environment itself."""

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.config.web_links import commit_page, pull_page
from pipeline_defs.lineage.events import environment_key, image_key
from pipeline_defs.lineage.metadata.tables import Metadata
from pipeline_defs.release.records import Deployment, Image, Rehearsal


def links(app: App, what: Image | Rehearsal | Deployment) -> Metadata:
    """The entries for what there is a page of."""
    if isinstance(what, Image):
        pages = {"commit page": commit_page(app, what.commit), "pull request": pull_page(app, what.pull)}
    else:
        # An environment may have been taken out of the file since.
        config = app.environments.get(what.environment)
        pages = {
            "commit page": commit_page(app, what.release.commit),
            "environment": (config.url or "") if config else "",
        }
    return {name: dg.MetadataValue.url(page) for name, page in pages.items() if page} | _related(app, what)


def _related(app: App, what: Image | Rehearsal | Deployment) -> Metadata:
    """From a deployment to the asset of the image that it is of, and from an image to what it may be deployed to."""
    if isinstance(what, Image):
        return {f"runs in {name}": dg.MetadataValue.asset(environment_key(app.name, name)) for name in app.deployed}
    return {"image asset": dg.MetadataValue.asset(image_key(app.name))}
