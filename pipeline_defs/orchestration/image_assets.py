"""Image assets: each of several images of a release as an asset of its own.

They are made by the asset of the release's image, whose run says so: nobody makes one of them alone.
"""

from collections.abc import Iterator

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.lineage.events import part_key, short
from pipeline_defs.release.records import Image, Release


def image_specs(app: App) -> list[dg.AssetSpec]:
    """The assets; none where an app has one image, which is the asset of the release's image itself."""
    return [
        dg.AssetSpec(
            part_key(app.name, each.name),
            group_name=app.name,
            owners=list(app.owners),
            kinds={"docker"},
            description=f"The image `{each.repository}`, one of {len(app.builds)} that are released together. Its data version is its "
            f"digest; it is built only where its own source tree has changed. The asset {app.name}_image makes it.",
        )
        for each in app.builds
        if each.name
    ]


def image_inputs(app: App) -> dict[str, dg.AssetKey]:
    """The assets of several images as inputs of what is made of them, by name."""
    return {f"image_{name}": part_key(app.name, name) for name in app.images}


def image_events(app: App, image: Image) -> Iterator[dg.AssetMaterialization]:
    """What a run has made of several images."""
    for each in image.images:
        yield dg.AssetMaterialization(
            part_key(app.name, each.name),
            description=f"{each.name} of {image.version}",
            metadata={
                "version": dg.MetadataValue.text(image.version),
                "digest": dg.MetadataValue.text(each.digest),
                "repository": dg.MetadataValue.text(each.repository),
                "built from": dg.MetadataValue.text(short(each.built_from)),
                "tree": dg.MetadataValue.text(each.tree),
            },
            tags={"dagster/data_version": each.digest},
        )


def versions_used(app: App, release: Image | Release) -> dict[dg.AssetKey, str]:
    """The versions of several images that a release was made of, by asset."""
    return {part_key(app.name, each.name): each.digest for each in release.images}
