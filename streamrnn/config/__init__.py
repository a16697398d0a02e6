"""Settings: a TOML file, environment variables and the command line, checked as a whole.

sections            one class per section: fields, defaults, descriptions, rules
  mqtt  source      the two sections with most rules
  group             which streams are one device
  http              the port that the daemon opens
  outputs           where events go besides MQTT: Home Assistant, webhooks, InfluxDB, history
  section           what all sections have in common
  duration  topic   what "1h30m" and "plant/{device}/#" mean
load                defaults < file < environment < command line: a Config, or every problem
  environment       STREAMRNN_MQTT__BROKER is mqtt.broker
  problems          pydantic's errors in plain English, with what was probably meant
tree                the names there are, read from the section classes
checks              what only the machine can tell: files are readable, a source is given
state_directory     where learned state is kept unless the settings say so
changes             what a reload can apply, and what needs a restart
reference           writes configs/streamrnn.toml
"""

from streamrnn.config.sections import (
    AlertsConfig,
    Config,
    DetectorConfig,
    GatewayConfig,
    GroupConfig,
    HistoryConfig,
    HomeAssistantConfig,
    HttpConfig,
    InfluxConfig,
    LimitsConfig,
    LogConfig,
    MqttConfig,
    SourceConfig,
    StateConfig,
    TimeConfig,
    WebhookConfig,
)

__all__ = [
    "AlertsConfig",
    "Config",
    "DetectorConfig",
    "GatewayConfig",
    "GroupConfig",
    "HistoryConfig",
    "HomeAssistantConfig",
    "HttpConfig",
    "InfluxConfig",
    "LimitsConfig",
    "LogConfig",
    "MqttConfig",
    "SourceConfig",
    "StateConfig",
    "TimeConfig",
    "WebhookConfig",
]
