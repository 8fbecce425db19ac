"""The page about counting and tracing does what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from relyingparty import Error, HttpRequest, HttpResponse, Unreachable
from scripted import ScriptedOp, relying_party

PAGE = (Path(__file__).parents[2] / "docs" / "observability-python.md").read_text(encoding="utf-8")
LOGGING, TRACING = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_s_spans_and_counts_are_there_and_hold_no_secret() -> None:
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(tracers)
    metrics.set_meter_provider(MeterProvider([reader]))
    program: dict[str, Any] = {}
    exec(TRACING, program)

    class Away(ScriptedOp):
        away = False

        def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            return Unreachable("away") if self.away else super().send(request)

    op = Away()
    rp = relying_party(program["Traced"](op))
    for away in (False, True):
        started = rp.authorize()
        back = op.browser(started.url)
        op.away = away
        if away:
            with pytest.raises(Error):
                program["logged_in"](rp, back, started.id)
        else:
            assert program["logged_in"](rp, back, started.id).sub == "alice"
    finished = spans.get_finished_spans()
    names = [span.name for span in finished]
    assert names == [
        *("oidc discovery", "oidc token", "oidc jwks", "oidc callback"),
        *("oidc token", "oidc callback"),
    ]
    assert finished[1].parent is not None
    assert finished[1].parent.span_id == finished[3].context.span_id
    data = reader.get_metrics_data()
    assert data is not None
    found: dict[str, list[Any]] = {
        metric.name: list(metric.data.data_points)
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    outcomes = {point.attributes["oidc.outcome"]: point.value for point in found["oidc.logins"]}
    assert outcomes == {"ok": 1, "unreachable": 1}
    assert sum(point.count for point in found["oidc.client.duration"]) == 4
    shown = repr([span.to_json() for span in finished]) + repr(found)
    assert not [secret for secret in ("canary", started.id, back.split("state=")[1]) if secret in shown]


def test_the_page_names_what_records_have() -> None:
    for name in ("endpoint", "method", "origin", "status", "duration_ms", "check", "rule", "passed", "code"):
        assert f"`{name}`" in PAGE
    compile(LOGGING, "page", "exec")
