"""Writes the dashboards' JSON."""

from deploy.grafana.source.write import write_all

write_all()
