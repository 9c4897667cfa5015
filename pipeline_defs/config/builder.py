"""Builder: a machine whose Docker Engine builds images."""

from pydantic import Field

from pipeline_defs.config.machine import Machine


class Builder(Machine):
    """A machine that builds, reached over SSH as a server is; nothing of Shipline is installed there."""

    platforms: tuple[str, ...] = Field(
        default=(), description="what it builds for, such as `linux/arm64`; empty: whatever it is asked for"
    )
    builds: int = Field(default=1, ge=1, le=16, description="how many at once; further ones wait for their turn")

    def builds_for(self, platforms: tuple[str, ...]) -> bool:
        """Whether it may be asked to build for these; none stands for its own."""
        return not self.platforms or not platforms or set(platforms) <= set(self.platforms)
