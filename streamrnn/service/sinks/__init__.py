"""Where events and readings go. No sink may keep the loop waiting.

sink              what a sink is
event_json        an event as JSON
event_topic       MQTT: every event
state_topics      MQTT: the retained state of every stream
event_log         the log
outlets           everything below, as the settings name it
  outlet          what all of them have in common: a thread
  carrier         events from the durable outbox to one destination, until it has them
  webhook         HTTP: ntfy, Slack, Telegram, PagerDuty, Alertmanager, any other
  influxdb        InfluxDB: events and readings
  history         a local database: events, and readings by the minute
  post  backlog   one HTTP request; readings that wait
  selection  tally   which streams count; what became of it all
"""

from streamrnn.service.sinks.event_json import event_fields, event_json, iso_time
from streamrnn.service.sinks.event_log import EventLog
from streamrnn.service.sinks.event_topic import EventTopic
from streamrnn.service.sinks.sink import Judged, Publisher, ReadingSink, Sink
from streamrnn.service.sinks.state_topics import StateTopics

__all__ = [
    "EventLog",
    "EventTopic",
    "Judged",
    "Publisher",
    "ReadingSink",
    "Sink",
    "StateTopics",
    "event_fields",
    "event_json",
    "iso_time",
]
