"""Metrics chart: the four measures as bars over time, in a file. SVG is written as it is; PNG is drawn by Pillow, from the same shapes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from xml.etree import ElementTree

from pipeline_defs.release.dora_metrics import Metrics

WIDTH, HEIGHT = 960, 720
_MARGIN, _TITLE, _FOOT = 60, 40, 24
_GREEN, _RED, _BLUE, _GREY, _BLACK, _WHITE = "#2e7d32", "#c62828", "#1565c0", "#bdbdbd", "#212121", "#ffffff"
_MOST_LABELS = 8  # dates below a panel


@dataclass(frozen=True)
class Box:
    """A filled rectangle, in pixels from the top left corner."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True)
class Label:
    """A line of text whose middle, beginning or end (`anchor`) is at x, and whose base line is at y."""

    x: float
    y: float
    text: str
    size: int = 12
    anchor: str = "start"


Shape = Box | Label
Stack = tuple[tuple[float, str], ...]
"""What is drawn above one another for one period: heights in the panel's own unit, with their colours."""


def draw(file: Path, title: str, parts: Sequence[Metrics], zone: tzinfo) -> None:
    """Draw one panel for each measure, with dates of a time zone. The file ends with `.svg` or `.png`. Raises OSError."""
    shapes = list(chart(title, parts, zone))
    (_svg if file.suffix.lower() == ".svg" else _png)(file, shapes)


def chart(title: str, parts: Sequence[Metrics], zone: tzinfo) -> Iterator[Shape]:
    """The shapes of the whole chart."""
    yield Box(0, 0, WIDTH, HEIGHT, _WHITE)
    yield Label(_MARGIN, 28, title, size=18)
    panels: dict[str, Callable[[Metrics], Stack]] = {
        "deployments (red: failed)": lambda part: ((part.deployments - part.failed, _GREEN), (part.failed, _RED)),
        "lead time, median, hours": lambda part: ((part.lead_time.median / 3600 if part.lead_time else 0.0, _BLUE),),
        "change failure rate, %": lambda part: ((100 * (part.failure_rate or 0.0), _RED),),
        "time to restore, median, minutes": lambda part: (
            (part.restore_time.median / 60 if part.restore_time else 0.0, _BLUE),
        ),
    }
    dates = [f"{datetime.fromisoformat(part.begin).astimezone(zone):%d %b}" for part in parts]
    height = (HEIGHT - _TITLE) / len(panels)
    for number, (name, stack) in enumerate(panels.items()):
        yield from _panel(name, [stack(part) for part in parts], dates, _TITLE + number * height, height)


def _panel(name: str, stacks: Sequence[Stack], dates: Sequence[str], top: float, height: float) -> Iterator[Shape]:
    floor, room, width = top + height - _FOOT, height - _FOOT - 30, WIDTH - 2 * _MARGIN
    most = max((sum(value for value, _ in stack) for stack in stacks), default=0.0)
    yield Label(_MARGIN, top + 16, name, size=13)
    yield Label(_MARGIN - 6, floor - room + 4, f"{most:.3g}", anchor="end")
    yield Label(_MARGIN - 6, floor, "0", anchor="end")
    slot = width / max(len(stacks), 1)
    every = -(-len(stacks) // _MOST_LABELS)
    for number, (stack, date) in enumerate(zip(stacks, dates, strict=True)):
        left, at = _MARGIN + number * slot, floor
        for value, colour in stack:
            tall = room * value / most if most else 0.0
            at -= tall
            yield Box(left + slot * 0.15, at, slot * 0.7, tall, colour)
        if number % every == 0:
            yield Label(left + slot / 2, floor + 16, date, size=11, anchor="middle")
    yield Box(_MARGIN, floor, width, 1, _GREY)


def _svg(file: Path, shapes: Sequence[Shape]) -> None:
    root = ElementTree.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {HEIGHT}")
    for shape in shapes:
        place = {"x": f"{shape.x:.1f}", "y": f"{shape.y:.1f}"}
        if isinstance(shape, Box):
            size = {"width": f"{shape.width:.1f}", "height": f"{shape.height:.1f}"}
            ElementTree.SubElement(root, "rect", place | size, fill=shape.colour)
        else:
            words = {
                "font-family": "sans-serif",
                "font-size": str(shape.size),
                "text-anchor": shape.anchor,
                "fill": _BLACK,
            }
            ElementTree.SubElement(root, "text", place | words).text = shape.text
    ElementTree.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)


def _png(file: Path, shapes: Sequence[Shape]) -> None:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (WIDTH, HEIGHT))
    canvas = ImageDraw.Draw(image)
    anchors = {"start": "ls", "middle": "ms", "end": "rs"}
    for shape in shapes:
        if isinstance(shape, Box):
            corners = (shape.x, shape.y, shape.x + shape.width, shape.y + shape.height)
            if shape.height >= 1:
                canvas.rectangle(corners, fill=shape.colour)
        else:
            font = ImageFont.load_default(shape.size)
            canvas.text((shape.x, shape.y), shape.text, fill=_BLACK, font=font, anchor=anchors[shape.anchor])
    image.save(file)
