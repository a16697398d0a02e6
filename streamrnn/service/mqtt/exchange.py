"""What the network thread and the other threads hand each other; it outlives connections."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from streamrnn.records import Reason
from streamrnn.service.mqtt.canary import Canary
from streamrnn.service.mqtt.inbox import Inbox
from streamrnn.service.mqtt.publish_queue import PublishQueue
from streamrnn.service.mqtt.subscriptions import Subscriptions
from streamrnn.service.mqtt.wakeup import Wakeup


@dataclass(frozen=True)
class Exchange:
    """Inwards `inbox` and `dropped`, outwards the rest; `wakeup` says that there is work."""

    inbox: Inbox
    publish_queue: PublishQueue
    canary: Canary
    subscriptions: Subscriptions
    applied: deque[tuple[int, list[int]]] = field(default_factory=deque)
    """Epoch and packet ids to acknowledge: one entry per `MqttLink.acknowledge`."""
    dropped: Counter[Reason] = field(default_factory=Counter)
    wakeup: Wakeup = field(default_factory=Wakeup)
