"""A simulated plant with faults, watched by the real daemon over an embedded broker.

run         run_demo: everything together
feed        feed_plant: the plant alone, to any broker
plant       devices and streams (pure), with the signals of streamrnn.simulate
faults      what breaks and when (pure)
playback    plant and faults as MQTT publications (pure)
publisher   publishes them in real time
broker      the embedded MQTT broker, on 127.0.0.1
daemon      the daemon as a child process; listener: its events
report      what was found, missed, or a false alarm (pure)
screen      the terminal; stop: Ctrl-C
"""

from streamrnn.demo.feed import feed_plant
from streamrnn.demo.run import DEFAULT_MINUTES, DEFAULT_SPEED, run_demo

__all__ = ["DEFAULT_MINUTES", "DEFAULT_SPEED", "feed_plant", "run_demo"]
