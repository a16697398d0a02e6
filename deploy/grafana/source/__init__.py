"""The Grafana dashboards as code. `python -m deploy.grafana.source` writes ../dashboards/*.json.

overview        all streams of all gateways: what is unusual, what is silent
stream          one stream: value, band, score, anomalies
daemon          the daemon's own health
panels          the few kinds of panels that they are made of
variables       data source, gateway, device, stream

Many streams must cost little: what is drawn over time is one series per gateway or one stream;
what is one row per stream is asked for once, at the end of the time range, and cut off by topk.
"""

from deploy.grafana.source.write import DASHBOARDS, as_json

__all__ = ["DASHBOARDS", "as_json"]
