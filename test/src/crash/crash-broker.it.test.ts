/** The row of the crash matrix in which the broker is struck: six faults, each with counted results. */
import { test } from 'node:test'
import { agreesWithPublished, cell, cellOptions } from './cells.ts'

test(
  'TG-405 TG-415: a broker that is killed with what it had acknowledged in memory costs nobody a message',
  cellOptions,
  cell('broker', 'kill -9')
)

test('TG-404 TG-405: a broker whose lines are all cut, dead or slow costs nobody a message', cellOptions, cell('broker', 'line cut'))

test('TG-405: a broker on a full disk costs nobody a message', cellOptions, cell('broker', 'disk full'))

test('TG-405: a broker whose clock goes back an hour costs nobody a message', cellOptions, cell('broker', 'clock back'))

test(
  'TG-415: a broker that restarts three times and forgets every session costs nobody a message',
  cellOptions,
  cell('broker', 'broker restart')
)

test('TG-407 TG-903: what a broker hears and delivers twice is stored once', cellOptions, cell('broker', 'duplicate delivery'))

test('the published crash matrix claims nothing of the broker that this run contradicts', agreesWithPublished('broker'))
