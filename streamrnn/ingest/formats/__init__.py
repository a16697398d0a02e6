"""The payload formats, one module each. See `streamrnn.ingest.format` for what a format is.

bare  plain_json                     values and JSON with nothing more known about them
json_dialect                         JSON, and topics, of a family of devices:
  zigbee2mqtt  tasmota  shelly  esphome  theengs
lorawan                              uplinks of The Things Stack v3 and ChirpStack v4
homie                                Homie 4 and 5
senml  influx  csv_lines             text formats with a standard, or a custom, behind them
binary                               CBOR and MessagePack
"""
