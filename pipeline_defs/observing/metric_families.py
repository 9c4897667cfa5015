"""Metric families: how metrics are written for Prometheus. Each has a name in its conventions, a unit, and a help
that a person understands.
"""

from collections.abc import Iterable, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from pipeline_defs.observing.histogram import Distribution

Labels = Sequence[str]
Rows = Iterable[tuple[Sequence[str], float]]


def gauge(name: str, help_text: str, labels: Labels, rows: Rows) -> Metric:
    """A number that goes up and down; a row is the labels' values and the number."""
    family = GaugeMetricFamily(name, help_text, labels=labels)
    for values, number in rows:
        family.add_metric(values, number)
    return family


def counter(name: str, help_text: str, labels: Labels, rows: Rows) -> Metric:
    """A number that only grows; `_total` is added to its name."""
    family = CounterMetricFamily(name, help_text, labels=labels)
    for values, number in rows:
        family.add_metric(values, number)
    return family


def histogram(name: str, help_text: str, labels: Labels, rows: Iterable[tuple[Sequence[str], Distribution]]) -> Metric:
    """Times in seconds; `_bucket`, `_sum` and `_count` are added to its name."""
    family = HistogramMetricFamily(name, help_text, labels=labels)
    for values, seconds in rows:
        family.add_metric(values, buckets=seconds.buckets(), sum_value=seconds.total)
    return family


def of_two(counts: Mapping[str, Mapping[str, float]]) -> Rows:
    """Rows of numbers by two labels."""
    return (([first, second], number) for first, inner in counts.items() for second, number in inner.items())
