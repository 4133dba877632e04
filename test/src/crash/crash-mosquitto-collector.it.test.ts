/** The collector's row of the crash matrix with Debian's Mosquitto in the place of our broker. */
import { test } from 'node:test'
import { agreesWithPublished, cell, mosquittoOptions } from './cells.ts'

test(
  'TG-902: a collector behind Mosquitto that is killed again and again has stored everything that its watermark covered, once',
  mosquittoOptions,
  cell('collector', 'kill -9', 'mosquitto')
)

test(
  'TG-902: a collector whose line to Mosquitto is cut, dead or slow loses nothing and stores nothing twice',
  mosquittoOptions,
  cell('collector', 'line cut', 'mosquitto')
)

test(
  'TG-902: a collector behind Mosquitto whose disk is full acknowledges nothing, and goes on when there is room',
  mosquittoOptions,
  cell('collector', 'disk full', 'mosquitto')
)

test(
  'TG-902: a collector behind Mosquitto whose clock goes back an hour stores everything once',
  mosquittoOptions,
  cell('collector', 'clock back', 'mosquitto')
)

test(
  'TG-405 TG-415: what Mosquitto acknowledged for a collector that stood still, and then forgot, is sent again',
  mosquittoOptions,
  cell('collector', 'broker restart', 'mosquitto')
)

test(
  'TG-903: a message that Mosquitto delivers to the collector twice is stored once',
  mosquittoOptions,
  cell('collector', 'duplicate delivery', 'mosquitto')
)

test(
  'the published crash matrix claims nothing of the collector with Mosquitto that this run contradicts',
  agreesWithPublished('collector', 'mosquitto')
)
