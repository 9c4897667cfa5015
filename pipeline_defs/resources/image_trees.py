"""Image trees: what each image of a commit is built from."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipeline_defs.config.app import App
from pipeline_defs.release.image_set import ReleasedImage, code_of, tree_of
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.tree_hash import source_code, source_tree


def trees_of(app: App, checkout: Path) -> tuple[ReleasedImage, ...]:
    """The images of a commit with the hashes of their source trees. Raises EngineError."""
    return tuple(_trees(app, checkout))


def tree_and_code(app: App, images: Sequence[ReleasedImage]) -> tuple[str, str]:
    """The hashes that stand for a release: those of its only image, or of all its images."""
    return (tree_of(images), code_of(images)) if app.images else (images[0].tree, images[0].code)


@contextmanager
def about_image(name: str) -> Iterator[None]:
    """In this block an error of the Engine says which image it is about, where there are several."""
    try:
        yield
    except EngineError as error:
        if not name:
            raise
        raise EngineError(f"the image {name}: {error}") from error


def _trees(app: App, checkout: Path) -> Iterator[ReleasedImage]:
    for each in app.builds:
        with about_image(each.name):
            yield ReleasedImage(
                name=each.name,
                repository=each.repository,
                tree=source_tree(checkout, each.build),
                code=source_code(checkout, each.build, app.configuration),
            )
