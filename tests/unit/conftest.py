"""How hypothesis looks for counter-examples: the same ones every time, and however busy the machine is."""

from hypothesis import settings

settings.register_profile("shipline", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("shipline")
