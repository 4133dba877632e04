/** The edge's row of the crash matrix with Debian's Mosquitto in the place of our broker, where the broker has a say. */
import { test } from 'node:test'
import { agreesWithPublished, cell, mosquittoOptions } from './cells.ts'

test(
  'TG-404 TG-405: an edge at Mosquitto that is killed again and again loses nothing and stores nothing twice',
  mosquittoOptions,
  cell('edge', 'kill -9', 'mosquitto')
)

test('TG-404: an edge whose line to Mosquitto is cut, dead or slow loses nothing', mosquittoOptions, cell('edge', 'line cut', 'mosquitto'))

test(
  'TG-415 TG-405: an edge whose Mosquitto restarts and forgets it while it stands still loses nothing',
  mosquittoOptions,
  cell('edge', 'broker restart', 'mosquitto')
)

test(
  'TG-407 TG-903: what an edge sends to Mosquitto and hears of it twice is stored once',
  mosquittoOptions,
  cell('edge', 'duplicate delivery', 'mosquitto')
)

test(
  'the published crash matrix claims nothing of the edge with Mosquitto that this run contradicts',
  agreesWithPublished('edge', 'mosquitto')
)
