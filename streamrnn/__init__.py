"""Streaming anomaly detection for sensors: one small recurrent network per stream.

Module map (imports point downwards only):

    cli                  commands: run, demo, check-config, test-message, replay, healthcheck
    demo                 a simulated plant, injected faults and an embedded broker
    replay               recorded files through the same detector
    service              the daemon: loop, MQTT, trainer thread, checkpoints, metrics, HTTP
    ingest               topic + payload bytes -> readings
    detect               readings -> decisions and events (numpy + kernels, no clock)
    kernels              Numba: recurrent cells, heads, optimisers, running statistics
    config               the settings, validated at birth
    records, errors      what travels between layers; what is raised
"""

__version__ = "0.1.0"
