"""The figures of ``/metrics`` as a table."""

from __future__ import annotations

import pandas as pd
from prometheus_client.parser import text_string_to_metric_families


def samples(text: str) -> pd.DataFrame:
    """Every sample of Nearside's own in Prometheus' text format: name, labels, value."""
    return pd.DataFrame(
        {
            "name": sample.name,
            "labels": ", ".join(f"{k}={v}" for k, v in sorted(sample.labels.items())),
            "value": sample.value,
        }
        for family in text_string_to_metric_families(text)
        if family.name.startswith("nearside")
        for sample in family.samples
        if not sample.name.endswith(("_created", "_bucket"))
    )
