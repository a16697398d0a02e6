"""InfluxDB, over HTTP.

influx            InfluxEvents, InfluxReadings: what is written, when, and what if it fails
  line_protocol   readings and events as lines
  write           the two write endpoints
"""

from streamrnn.service.sinks.influxdb.influx import InfluxEvents, InfluxReadings

__all__ = ["InfluxEvents", "InfluxReadings"]
