/** The broker's row of the crash matrix with Debian's Mosquitto in the place of our broker. */
import { test } from 'node:test'
import { agreesWithPublished, cell, mosquittoOptions } from './cells.ts'

test(
  'TG-405 TG-415: Mosquitto killed with what it had acknowledged in memory costs nobody a message',
  mosquittoOptions,
  cell('broker', 'kill -9', 'mosquitto')
)

test(
  'TG-404 TG-405: Mosquitto with all its lines cut, dead or slow costs nobody a message',
  mosquittoOptions,
  cell('broker', 'line cut', 'mosquitto')
)

test('TG-405: Mosquitto that cannot write what it keeps costs nobody a message', mosquittoOptions, cell('broker', 'disk full', 'mosquitto'))

test(
  'TG-415: Mosquitto that restarts three times and forgets every session costs nobody a message',
  mosquittoOptions,
  cell('broker', 'broker restart', 'mosquitto')
)

test(
  'TG-407 TG-903: what Mosquitto hears and delivers twice is stored once',
  mosquittoOptions,
  cell('broker', 'duplicate delivery', 'mosquitto')
)

test(
  'the published crash matrix claims nothing of the broker with Mosquitto that this run contradicts',
  agreesWithPublished('broker', 'mosquitto')
)
