"""What a broker has to offer, and the settings file that takes it: `streamrnn discover`.

listener       hears a broker for a while, and leaves nothing behind there
survey         what was heard: topics, formats, fields, ranges, and why something was left out
left_out       what became no reading, by the reason
pattern        many topics -> a few patterns
settings_file  patterns -> a settings file with comments
"""

from streamrnn.discover.left_out import left_out
from streamrnn.discover.listener import Listener
from streamrnn.discover.pattern import Pattern, patterns_of
from streamrnn.discover.settings_file import settings_file
from streamrnn.discover.survey import Survey

__all__ = ["Listener", "Pattern", "Survey", "left_out", "patterns_of", "settings_file"]
