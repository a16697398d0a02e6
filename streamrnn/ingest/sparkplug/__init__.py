"""Sparkplug B: what edge nodes and their devices publish under spBv1.0/. Pure.

sparkplug  SparkplugB: the payload format
  address  topic -> what kind of message, of which node and device
  wire     payload bytes <-> protocol buffers
  birth    BIRTH -> the name, type and unit of every metric, by name and alias
  value    the number of a metric
  fields   what one message says, as a `Document`
  nodes    what is known of each node, within bounds
  rebirth  asking a node to say again what it has, not too often
"""

from streamrnn.ingest.sparkplug.sparkplug import SparkplugB

__all__ = ["SparkplugB"]
