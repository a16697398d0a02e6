"""From topic and payload bytes to readings. Pure: no clock, no I/O, nothing raised by bad input.

    ingest       Ingest: the short way for messages like earlier ones; counters
    account      what becomes of one message, stage by stage: the long way
    explain      the same in words
      route      topic -> source, labels, stream names; remembered
      topic      topic templates and MQTT's filters
      payload    bytes -> leaves, each with its dotted path
      timestamp  when the readings were taken
      admission  how many streams there may be, and how fast new ones may come
    refusal      why something did not become a reading

Another payload format (SenML, CBOR ...) is a new module beside `payload`.
"""

from streamrnn.ingest.account import Reading
from streamrnn.ingest.explain import Explanation
from streamrnn.ingest.ingest import Ingest
from streamrnn.ingest.refusal import Reject

__all__ = ["Explanation", "Ingest", "Reading", "Reject"]
