"""Byte size: bytes as people read them."""


def size(bytes: int | None) -> str:
    """`12.3 MiB`, `4.0 KiB`; empty where it is not known."""
    if bytes is None:
        return ""
    for unit, name in ((2**30, "GiB"), (2**20, "MiB")):
        if bytes >= unit:
            return f"{bytes / unit:.1f} {name}"
    return f"{bytes / 2**10:.1f} KiB"
