"""Image sets: an app of two images, whose deployment is killed at each moment, and what of it is built again."""

import tempfile
from pathlib import Path

from benchmarks.pulls.figures import Figures
from benchmarks.pulls.ground import Ground
from tests.support.several_images import SeveralImages, killed_at_each_moment


def measure(ground: Ground) -> Figures:
    """Release three sets, of which the last has one image in common with each of the others, and kill a deployment."""
    with tempfile.TemporaryDirectory() as folder:
        app = SeveralImages(ground.bed, ground.bed.servers[:1], Path(folder))
        app.wipe()
        try:
            old, new = app.release("1.0.0"), app.release("1.1.0")
            app.release("1.2.0", worker="1.0.0")
            assert app.deploy(old).error is None
            moments, mixed = killed_at_each_moment(app, old, new)
        finally:
            app.wipe()
    for sentence in mixed:
        ground.tell(sentence)
    ground.tell(f"a deployment of {len(new.images)} images was killed at {moments} moments")
    return {
        "images_per_release": len(new.images),
        "rebuilt_without_change": app.rebuilt,
        "mixed_sets": len(mixed),
        "kill_points": moments,
    }
