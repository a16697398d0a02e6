"""The MQTT connection: messages in, events and states out, through one network thread.

    link              MqttLink: what the rest of the daemon sees
      network_thread  one connection after the other, until stopped
        connection    one of them, from CONNECT to its end
          receiver, sender  its inward and its outward half
          read_ahead        many packets with one system call
          callbacks         what paho tells it
      inbox           messages on their way from the network thread to the loop
      publish_queue   messages on their way out, bounded
      subscriptions   which topic filters we want, and which the broker granted
      canary          a message to ourselves: do ours get out?
      exchange        all of these, which outlive connections
      history         what has happened so far: counted, logged once
    reconnect         when to try again, and with which version of MQTT
    connect_options   settings -> a paho client
    remedies          what to do about a broker that cannot be reached or turns us away
    broker_limits     what the broker grants, and what we need
    wakeup            ends the network thread's wait

The network thread drives a paho client through paho's interface for foreign event loops
(`loop_read`, `loop_write`, `loop_misc`). paho's own thread would end at the first exception in a
callback while `is_connected()` stays true; ours catches it in one place, throws the client away
and connects anew. A PUBLISH of the usual form never reaches paho: see `read_ahead`.
"""

from streamrnn.service.mqtt.link import MqttLink
from streamrnn.service.mqtt.reconnect import Backoff

__all__ = ["Backoff", "MqttLink"]
