"""Home Assistant: every stream as a device, by its MQTT device discovery.

announcer          HomeAssistant: the thread that announces, and removes what is gone
  announcements    what is to be published next
    documents      one stream, or the gateway, as Home Assistant wants it described
  ledger           what may be retained at the broker from us, remembered over restarts
"""

from streamrnn.service.homeassistant.announcer import HomeAssistant
from streamrnn.service.homeassistant.ledger import Ledger

__all__ = ["HomeAssistant", "Ledger"]
