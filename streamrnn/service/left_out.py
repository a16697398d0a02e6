"""What each reason means for which something was left out, and what to do, for whoever runs the
gateway."""

from __future__ import annotations

from typing import Final

from streamrnn.records import Reason

MEANING: Final = {
    Reason.QUEUE_FULL: "nothing was judged for seconds, the queue is full; is the disk stalled?",
    Reason.OWN_TOPIC: "our own output came back; it is never read",
    Reason.SYS_TOPIC: "what the broker says of itself",
    Reason.RETAINED: "stored by the broker, of unknown age; new messages on the topic are read",
    Reason.NO_SOURCE: "on topics that no [[source]] of the settings asks for",
    Reason.EMPTY: "messages without content",
    Reason.TOO_LARGE: "longer than limits.max_payload_bytes",
    Reason.NOT_UTF8: "neither text nor a binary format known here",
    Reason.NOT_DECODABLE: "broken, or not of the format that the settings say",
    Reason.DUPLICATE_KEY: "a key stands twice in one object; which value counts is not known",
    Reason.TOO_DEEP: "nested too deeply",
    Reason.NO_NUMERIC_FIELD: "nothing in it is a number or on/off",
    Reason.METADATA: "about a device, not measured by it: commands, logs, signal strengths",
    Reason.BAD_TIME: "no usable time where the settings say it is",
    Reason.FAR_FUTURE: "stamped ahead of this machine's clock; which of the clocks is wrong?",
    Reason.FIELD_MISSING: "none of the fields that the settings ask for",
    Reason.NOT_A_NUMBER: "a text where a number or on/off was expected",
    Reason.NOT_FINITE: "NaN or infinite: the sensor had nothing to say",
    Reason.OUT_OF_BOUNDS: "beyond limits.max_abs_value",
    Reason.BAD_STREAM_NAME: "the name of the stream would be empty, too long or unprintable",
    Reason.TOO_MANY_STREAMS: "no room for another stream: limits.max_streams",
    Reason.NEW_STREAM_RATE: "too many new streams at once; they are taken on one by one",
    Reason.UNKNOWN_METRIC: "Sparkplug: its birth certificate was not heard yet; it was asked for",
    Reason.MISSED: "Sparkplug: messages lost on their way",
    Reason.DEATH: "Sparkplug: a node or device has gone",
    Reason.REDELIVERED: "delivered once more by the broker, and read already",
    Reason.LATE: "older than the stream's last reading",
    Reason.DUPLICATE: "the same reading once more",
}
