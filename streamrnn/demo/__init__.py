"""A simulated plant with faults, watched by the real daemon over an embedded broker.

run         run_demo: everything together
plant       devices and streams (pure); signals: their characters; noise: their randomness
faults      what breaks and when (pure)
playback    plant and faults as MQTT publications (pure)
publisher   publishes them in real time
broker      the embedded MQTT broker, on 127.0.0.1
daemon      the daemon as a child process; listener: its events
report      what was found, missed, or a false alarm (pure)
screen      the terminal
"""

from streamrnn.demo.run import DEFAULT_MINUTES, DEFAULT_SPEED, run_demo

__all__ = ["DEFAULT_MINUTES", "DEFAULT_SPEED", "run_demo"]
