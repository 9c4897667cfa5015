"""Secret: a value that never shows itself."""

import os
from pathlib import Path
from typing import Self

from pydantic import model_validator

from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.config.masking import MASK, forms_of
from pipeline_defs.config.value_types import EnvironmentVariable, Model


class SecretUnavailable(ShiplineError):
    """A secret that is named in the configuration but not there: the variable is not set, or the file cannot be read."""


class Secret:
    """A value that prints as `***` wherever it is formatted; only `reveal` gives it away."""

    __slots__ = ("_forms", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        self._forms: frozenset[str] | None = None

    def reveal(self) -> str:
        """The value itself, for standard input or a 0600 file and nothing else."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written to files or sent to other processes")

    def encodings(self) -> frozenset[str]:
        """The forms in which the value usually turns up in logs (`masking.py`)."""
        if self._forms is None:
            self._forms = forms_of(self._value)
        return self._forms


class SecretSource(Model):
    """Where a secret is found: `{env: NAME}` or `{file: PATH}`. The value itself never stands in an app's file."""

    env: EnvironmentVariable | None = None
    file: Path | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError("exactly one of {env: NAME} and {file: PATH}")
        return self

    def read(self) -> Secret:
        """The value. A file's last line break is not part of it. Raises SecretUnavailable with what to do."""
        if self.file is not None:
            return Secret(_read_file(self.file))
        assert self.env is not None
        if self.env not in os.environ:
            raise SecretUnavailable(
                f"the secret {self.env} is not set; put it into Shipline's .env file or its environment"
            )
        try:
            os.environ[self.env].encode()
        except UnicodeEncodeError:
            raise SecretUnavailable(f"the secret {self.env} is not UTF-8 text; set it anew") from None
        return Secret(os.environ[self.env])


def _read_file(file: Path) -> str:
    """A secret file's text. Bytes are read, since text would come with its line breaks changed."""
    try:
        text = file.expanduser().read_bytes().decode()
    except UnicodeDecodeError:
        problem = "is not UTF-8 text"
    except (OSError, RuntimeError) as error:  # RuntimeError: the home of somebody who has none
        problem = f"cannot be read ({getattr(error, 'strerror', None) or error})"
    else:
        if "\0" not in text:
            return text.removesuffix("\n").removesuffix("\r")
        problem = "holds a NUL character, which no program takes"
    raise SecretUnavailable(f"the secret file {file} {problem}; write it anew, with mode 0600")
