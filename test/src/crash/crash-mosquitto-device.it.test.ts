/** The device's row of the crash matrix with Debian's Mosquitto in the place of our broker, where the broker has a say. */
import { test } from 'node:test'
import { agreesWithPublished, cell, mosquittoOptions } from './cells.ts'

test(
  'TG-404 TG-405: a field device at Mosquitto that is killed again and again loses nothing that its buffer took',
  mosquittoOptions,
  cell('device', 'kill -9', 'mosquitto')
)

test(
  'TG-404: a field device whose line to Mosquitto is cut, dead or slow loses nothing',
  mosquittoOptions,
  cell('device', 'line cut', 'mosquitto')
)

test(
  'TG-415 TG-405: a field device whose Mosquitto restarts and forgets it loses nothing',
  mosquittoOptions,
  cell('device', 'broker restart', 'mosquitto')
)

test(
  'TG-407 TG-903: what a field device sends to Mosquitto and hears of it twice is stored once',
  mosquittoOptions,
  cell('device', 'duplicate delivery', 'mosquitto')
)

test(
  'the published crash matrix claims nothing of the device with Mosquitto that this run contradicts',
  agreesWithPublished('device', 'mosquitto')
)
