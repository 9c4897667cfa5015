"""The figures of `make house`, of a small package."""

from pathlib import Path

from benchmarks.house.figures import figures
from benchmarks.house.source import read

_OP = """
import dagster as dg

from pipeline_defs.tools.look import look


@dg.op(name="one")
def one() -> None:
    look()
    look()
"""
_FILES = {
    "__init__.py": "",
    "ops/__init__.py": "",
    "ops/one.py": _OP,
    "tools/__init__.py": "",
    "tools/look.py": "from dagster._core import a, b\n\n\ndef look() -> None:\n    from pipeline_defs.upper.look import other\n",
    "upper/__init__.py": "",
    "upper/look.py": "from pipeline_defs.ops import one\nfrom pipeline_defs.tools import look\n",
}


def test_a_small_package_is_counted(tmp_path: Path) -> None:
    for name, text in _FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    named, numbers = figures(read(tmp_path), ("upper", "ops", "tools"))
    assert named == {
        "upward": ["tools imports upper"],
        "circle": ["ops.one tools.look upper.look", "ops tools upper"],
        "op imported outside": ["upper/look.py imports ops.one"],
        "private import": ["tools/look.py: dagster._core"],
        "shared name": ["look.py"],
    }
    assert numbers == {
        "lines": 17,
        "files": 7,
        "median_file": 0,
        "largest_file": 10,
        "rooms": 3,
        "floors": 1,
        "arrows": 4,
        "upward_arrows": 1,
        "circles": 2,
        "op_imports_outside": 1,
        "longest_op": 3,
        "private_dagster_imports": 1,
        "shared_basenames": 1,
    }
