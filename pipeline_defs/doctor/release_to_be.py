"""Release to be: what stands for a release while its compose files are tried, before anybody has built its images."""

from pipeline_defs.config import App
from pipeline_defs.release.image_set import ReleasedImage
from pipeline_defs.release.records import Release

_NOTHING = f"sha256:{'0' * 64}"


def release_to_be(app: App, commit: str, version: str = "0.0.0") -> Release:
    """The release of a commit, with digests of no image."""
    images = (ReleasedImage(name=each.name, repository=each.repository, digest=_NOTHING) for each in app.builds)
    return Release(
        app=app.name,
        version=version,
        repository=app.image,
        digest=_NOTHING,
        commit=commit,
        configuration="0" * 64,
        images=tuple(images) if app.images else (),
    )
