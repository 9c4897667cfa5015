"""What `make bench` makes of many samples."""

from benchmarks.summary.figures import NAMES, figure


def test_a_figure_is_the_median_unless_it_says_otherwise() -> None:
    values = [3.0, 1.0, 2.0, 10.0, 4.0]
    assert figure("status_s", values) == 3.0
    assert figure("failed_requests", values) == 20.0
    assert (figure("longest_gap_s", values), figure("round_trips", values)) == (10.0, 10.0)
    assert 4.0 < figure("delivery_to_first_op_p95_s", values) < 10.0


def test_each_figure_has_a_name_of_its_own() -> None:
    assert len(set(NAMES)) == len(NAMES) == 20
