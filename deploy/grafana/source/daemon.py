"""The daemon's own health: is it there, does it keep up, does it save, does it learn."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana.source.panels import (
    RED,
    TABLE_ROWS,
    WELL_OR_NOT,
    YELLOW,
    graph,
    link_to_stream,
    number,
    query,
    rows,
    steps,
    timeline,
)
from deploy.grafana.source.variables import DAEMON_UID, frame, gateways

_HERE: Final = '{gateway=~"$gateway"}'
_PROCESS: Final = '{job="streamrnn", gateway=~"$gateway"}'
_LEGEND: Final = "{{gateway}}"


def daemon_dashboard() -> Dashboard:
    dashboard = frame(
        "streamrnn: daemon", DAEMON_UID, "The health of the daemons, not of the sensors."
    ).with_variable(gateways())
    _state(dashboard)
    dashboard.with_row(Row("Intake"))
    _intake(dashboard)
    dashboard.with_row(Row("Learning and saving"))
    _learning(dashboard)
    dashboard.with_row(Row("Resources"))
    _resources(dashboard)
    return dashboard


def _state(dashboard: Dashboard) -> None:
    dashboard.with_panel(
        number(
            "Not scraped",
            "Gateways that Prometheus cannot reach.",
            f"count(up{_PROCESS} == 0) or vector(0)",
            width=4,
        ).thresholds(steps((1, RED)))
    )
    dashboard.with_panel(
        number(
            "Oldest checkpoint",
            "What a power cut would cost. No checkpoint is written while nothing comes in.",
            f"max(time() - streamrnn_last_checkpoint_timestamp_seconds{_HERE})",
            width=4,
            unit="s",
        )
        .decimals(0)
        .thresholds(steps((900, YELLOW)))
    )
    dashboard.with_panel(
        rows(
            "Gateways",
            "What runs where, and for how long.",
            {
                "Running for": f"(time() - process_start_time_seconds{_PROCESS})"
                " * on (job, instance, gateway) group_left (version, python)"
                f" streamrnn_build_info{_HERE}"
            },
            ("gateway", "instance", "version", "python"),
            width=16,
            height=4,
        )
        .unit("s")
        .decimals(0)
    )
    dashboard.with_panel(
        timeline(
            "Ready",
            "By condition: threads that move, the broker, its subscriptions, saving.",
            query(
                f"min by (gateway, condition) (streamrnn_ready{_HERE})", "{{gateway}} {{condition}}"
            ),
            WELL_OR_NOT,
            width=24,
        )
    )


def _intake(dashboard: Dashboard) -> None:
    dashboard.with_panel(
        graph(
            "Readings",
            "That reached the detector.",
            [query(f"rate(streamrnn_readings_total{_HERE}[$__rate_interval])", _LEGEND)],
            width=8,
            unit="cps",
        )
    )
    dashboard.with_panel(
        graph(
            "Left out",
            "Messages and readings that did not reach the detector, by reason. Lasting queue_full "
            "is an overload; retained and duplicate are everyday.",
            [
                query(
                    f"sum by (reason) (rate(streamrnn_dropped_total{_HERE}[$__rate_interval])) > 0",
                    "{{reason}}",
                )
            ],
            width=8,
            unit="cps",
        )
    )
    dashboard.with_panel(
        graph(
            "Waiting",
            "Messages before the detector, and events not yet delivered.",
            [
                query(f"streamrnn_queue_depth{_HERE}", "{{gateway}} messages", "A"),
                query(f"streamrnn_outbox_depth{_HERE}", "{{gateway}} events", "B"),
            ],
            width=8,
        )
    )
    dashboard.with_panel(
        graph(
            "Connections made again within an hour",
            "To the broker; client: replaced because its thread had died.",
            [
                query(f"increase(streamrnn_reconnects_total{_HERE}[1h])", _LEGEND, "A"),
                query(
                    f"increase(streamrnn_client_rebuilds_total{_HERE}[1h])",
                    "{{gateway}} client",
                    "B",
                ),
            ],
            width=8,
        ).decimals(0)
    )
    dashboard.with_panel(
        graph(
            "Age of the figures",
            "Between the loop's last answer and the scrape. Seconds that grow: it is stuck.",
            [
                query(
                    # A scrape has the time at which it began, and its answer is a bit younger.
                    f"clamp_min(timestamp(streamrnn_snapshot_timestamp_seconds{_HERE})"
                    f" - streamrnn_snapshot_timestamp_seconds{_HERE}, 0)",
                    _LEGEND,
                )
            ],
            width=8,
            unit="s",
        )
    )
    dashboard.with_panel(
        graph(
            "Duration of a scrape",
            "About half a second with 10,000 streams.",
            [query(f"scrape_duration_seconds{_PROCESS}", _LEGEND)],
            width=8,
            unit="s",
        )
    )


def _learning(dashboard: Dashboard) -> None:
    dashboard.with_panel(
        graph(
            "Retrainings within an hour",
            "accepted: the new network was better. rejected is normal; failed is not, nor is a "
            "trainer that had to be replaced.",
            [
                query(
                    f"sum by (result) (increase(streamrnn_retrainings_total{_HERE}[1h]))",
                    "{{result}}",
                    "A",
                ),
                query(
                    f"sum(increase(streamrnn_trainer_restarts_total{_HERE}[1h]))",
                    "trainer replaced",
                    "B",
                ),
            ],
            width=8,
        ).decimals(0)
    )
    dashboard.with_panel(
        graph(
            "Time of a retraining",
            "Mean, over an hour.",
            [
                query(
                    f"increase(streamrnn_train_duration_seconds_sum{_HERE}[1h])"
                    f" / (increase(streamrnn_train_duration_seconds_count{_HERE}[1h]) > 0)",
                    _LEGEND,
                )
            ],
            width=8,
            unit="s",
        )
    )
    dashboard.with_panel(
        graph(
            "Time of a checkpoint",
            "How long the last save took.",
            [query(f"streamrnn_last_checkpoint_duration_seconds{_HERE}", _LEGEND)],
            width=8,
            unit="s",
        )
    )
    worst = rows(
        f"The {TABLE_ROWS} streams that the network helps least",
        "Skill ratio: its error over that of repeating the last reading. Above 1 it does not help.",
        {"Skill ratio": f"topk({TABLE_ROWS}, streamrnn_model_skill_ratio{_HERE})"},
        ("gateway", "stream"),
        width=24,
        height=8,
    ).decimals(2)
    dashboard.with_panel(link_to_stream(worst))


def _resources(dashboard: Dashboard) -> None:
    dashboard.with_panel(
        graph(
            "CPU",
            "1 is one core.",
            [query(f"rate(process_cpu_seconds_total{_PROCESS}[$__rate_interval])", _LEGEND)],
            width=8,
        )
    )
    dashboard.with_panel(
        graph(
            "Memory",
            "Resident.",
            [query(f"process_resident_memory_bytes{_PROCESS}", _LEGEND)],
            width=8,
            unit="bytes",
        )
    )
    dashboard.with_panel(
        graph(
            "Open files and connections",
            "A line that only climbs is a leak.",
            [query(f"process_open_fds{_PROCESS}", _LEGEND)],
            width=8,
        )
    )
