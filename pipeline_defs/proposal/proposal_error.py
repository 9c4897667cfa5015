"""Errors of a proposal."""

from pipeline_defs.config.base_error import ShiplineError


class ProposalError(ShiplineError):
    """No app's file can be proposed; each of `needs` is a sentence that says what is needed."""

    def __init__(self, *needs: str) -> None:
        self.needs = needs
        super().__init__("; ".join(needs))
