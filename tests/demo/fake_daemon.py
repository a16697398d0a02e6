"""Stands in for `streamrnn run`: the same outputs, and the simplest detector that could work.

It raises an alarm for a stream below -100 (a broken wire), and ends it when the stream comes back.
Warm-up is 20 messages. Started as a program, it is no test module.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

WARM_UP = 20


class FakeDaemon:
    def __init__(self, gateway: str, topic_filter: str) -> None:
        self.gateway = gateway
        self.topic_filter = topic_filter
        self.counts: dict[str, int] = {}
        self.values: dict[str, float] = {}
        self.open: set[str] = set()
        self.subscribed = False
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self.client.on_connect = lambda client, *rest: client.subscribe(topic_filter, 1)
        self.client.on_subscribe = self.on_subscribe
        self.client.on_message = self.on_message

    def on_subscribe(self, *rest: Any) -> None:
        self.subscribed = True

    def on_message(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        if message.payload in (b"ON", b"OFF"):
            self.judge(message.topic, float(message.payload == b"ON"))
            return
        content = json.loads(message.payload)
        if isinstance(content, dict):
            for field, value in content.items():
                self.judge(f"{message.topic}/{field}", value)
        else:
            self.judge(message.topic, content)

    def judge(self, stream: str, value: float) -> None:
        self.counts[stream] = self.counts.get(stream, 0) + 1
        self.values[stream] = value
        broken = value < -100.0
        if broken and stream not in self.open:
            self.open.add(stream)
            self.publish("new", stream, value)
        elif not broken and stream in self.open:
            self.open.remove(stream)
            self.publish("end", stream, value)

    def publish(self, kind: str, stream: str, value: float) -> None:
        now = datetime.now(UTC).isoformat()
        event = {
            "id": f"{stream}-1",
            "type": kind,
            "gateway": self.gateway,
            "stream": stream,
            "kind": "out_of_range",
            "time": now,
            "since": now,
            "value": value,
            "score": 9.0,
            "yhat": None,
            "yhat_lower": None,
            "yhat_upper": None,
            "message": f"{stream} is {value}: out_of_range",
        }
        topic = f"streamrnn/{self.gateway}/events"
        # Twice, as "at least once" allows.
        self.client.publish(topic, json.dumps(event), 1)
        self.client.publish(topic, json.dumps(event), 1)

    def page(self) -> dict[str, Any]:
        return {
            "streams": [
                {
                    "name": stream,
                    "state": "normal" if count >= WARM_UP else "warming",
                    "active": stream in self.open,
                    "warm_up": min(1.0, count / WARM_UP),
                    "value": self.values[stream],
                    "yhat": None,
                    "score": 0.0,
                }
                for stream, count in list(self.counts.items())
            ]
        }


def handler_of(daemon: FakeDaemon) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(daemon.page()).encode()
            self.send_response(200 if daemon.subscribed else 503)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--broker", required=True)
    parser.add_argument("--topic", required=True)
    arguments = parser.parse_args()
    broker = urlsplit(arguments.broker)
    daemon = FakeDaemon(os.environ["STREAMRNN_GATEWAY__NAME"], arguments.topic)
    address = (os.environ["STREAMRNN_HTTP__HOST"], int(os.environ["STREAMRNN_HTTP__PORT"]))
    server = ThreadingHTTPServer(address, handler_of(daemon))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    daemon.client.connect(str(broker.hostname), int(broker.port or 1883))
    daemon.client.loop_start()
    signal.sigwait({signal.SIGTERM})
    daemon.client.disconnect()
    return 0


if __name__ == "__main__":
    sys.exit(main())
