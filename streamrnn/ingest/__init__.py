"""From topic and payload bytes to readings. Pure: no clock, no I/O, nothing raised by bad input.

ingest       Ingest: the short way for messages like earlier ones; counters
account      what becomes of one message, stage by stage: the long way
explain      the same in words
  route      topic -> source, labels, stream names; remembered
  topic      topic templates and MQTT's filters
  detection  which format a message is of
  format     what a format is, and what it makes of a payload
  formats/   the formats, one module each
  branches   nested objects and arrays -> leaves, each with its dotted path
  number     which values are numbers
  timestamp  when the readings were taken
  admission  how many streams there may be, and how fast new ones may come
  budget     how often something may happen
  refusal    why something did not become a reading
stream_info  what is known of a stream besides its numbers: unit, name, device
"""

from streamrnn.ingest.account import Reading
from streamrnn.ingest.explain import Explanation
from streamrnn.ingest.format import Label, Request
from streamrnn.ingest.ingest import Ingest
from streamrnn.ingest.refusal import Reject
from streamrnn.ingest.stream_info import Merge, StreamInfo

__all__ = ["Explanation", "Ingest", "Label", "Merge", "Reading", "Reject", "Request", "StreamInfo"]
