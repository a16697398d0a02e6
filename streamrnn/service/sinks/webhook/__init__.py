"""Alerts over HTTP.

webhook         Webhook: one destination; what to tell it, in whose words
  requests      an event in the words of ntfy, Slack, Telegram, PagerDuty, Alertmanager
"""

from streamrnn.service.sinks.webhook.webhook import Webhook

__all__ = ["Webhook"]
