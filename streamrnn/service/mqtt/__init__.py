"""The MQTT connection: messages in, events and states out, through one network thread.

    link             MqttLink: what the rest of the daemon sees; owns the network thread
      connection     one connection to the broker, from CONNECT to its end
        inbox        messages on their way from the network thread to the loop
        outbox       messages on their way out, bounded
        subscriptions  which topic filters we want, and which the broker granted
      reconnect      when to try again, and with which version of MQTT
      connect_options  settings -> a paho client
      wakeup         ends the network thread's wait

The network thread drives a paho client through paho's interface for foreign event loops
(`loop_read`, `loop_write`, `loop_misc`). paho's own thread would end at the first exception in a
callback while `is_connected()` stays true; ours catches it in one place, throws the client away
and connects anew.
"""

from streamrnn.service.mqtt.link import MqttLink
from streamrnn.service.mqtt.reconnect import Backoff

__all__ = ["Backoff", "MqttLink"]
