"""Containers that Shipline starts on servers: none has a label of its image by which it would count as an app's."""

import re
from pathlib import Path

import pipeline_defs

SERVER = Path(pipeline_defs.__file__).parent / "server"


def test_each_is_started_without_its_images_labels() -> None:
    found = [
        (file.name, call)
        for file in SERVER.rglob("*.py")
        for call in re.findall(r"docker (?:run|create) (?:--rm|-d|-i)[^\n]*\n[^\n]*", file.read_text())
    ]
    assert len(found) >= 5
    assert [(name, call) for name, call in found if "NOBODYS" not in call] == []
