/** The row of the crash matrix in which the device is struck: six faults, each with counted results. */
import { test } from 'node:test'
import { agreesWithPublished, cell, cellOptions } from './cells.ts'

test(
  'TG-404 TG-405: a field device that is killed again and again loses nothing that its buffer took',
  cellOptions,
  cell('device', 'kill -9')
)

test('TG-404: a field device whose lines are cut, dead or slow loses nothing', cellOptions, cell('device', 'line cut'))

test(
  'TG-404: a field device whose disk is full takes nothing it cannot keep, and loses nothing that it took',
  cellOptions,
  cell('device', 'disk full')
)

test('TG-504: a field device whose clock goes back an hour loses nothing', cellOptions, cell('device', 'clock back'))

test('TG-415 TG-405: a field device whose brokers restart and forget it loses nothing', cellOptions, cell('device', 'broker restart'))

test('TG-407 TG-903: what a field device sends and hears twice is stored once', cellOptions, cell('device', 'duplicate delivery'))

test('the published crash matrix claims nothing of the device that this run contradicts', agreesWithPublished('device'))
