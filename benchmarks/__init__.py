"""What the project costs and how fast it is, measured side by side with what it is compared to.

    python -m benchmarks [--only GROUP] [--json FILE]

Absolute times belong to one machine; ratios, taken in turns within one run, travel.

figure         one measured number, with its goal
stopwatch      two things timed in turns; the median of their ratios
report         the table and the JSON file

kernels        Elman step and training window against C
  reference.c    the same in C
  c_compiler     compiles and loads it
  compiled       the kernels with a loop around them
ingest         from message to readings, against msgspec alone
detector       readings per second of a bank; bytes per stream
calls          one call of Detector.step against other libraries' one call
daemon         the daemon over a real broker against a subscriber that does nothing
  broker         mosquitto
  flood          as many messages as the broker takes
  bare           that subscriber
footprint      memory of the daemon, time to READY
  child          the daemon as a child process
"""
