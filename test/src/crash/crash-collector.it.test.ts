/** The row of the crash matrix in which the collector is struck: six faults, each with counted results. */
import { test } from 'node:test'
import { agreesWithPublished, cell, cellOptions } from './cells.ts'

test(
  'TG-902: a collector that is killed again and again has stored everything that its watermark covered, once',
  cellOptions,
  cell('collector', 'kill -9')
)

test(
  'TG-902: a collector whose line is cut, dead or slow loses nothing and stores nothing twice',
  cellOptions,
  cell('collector', 'line cut')
)

test(
  'TG-902: a collector whose disk is full acknowledges nothing, and goes on when there is room',
  cellOptions,
  cell('collector', 'disk full')
)

test('TG-902: a collector whose clock goes back an hour stores everything once', cellOptions, cell('collector', 'clock back'))

test(
  'TG-405 TG-415: what a broker acknowledged for a collector that stood still, and then forgot, is sent again',
  cellOptions,
  cell('collector', 'broker restart')
)

test('TG-903: a message that is delivered to the collector twice is stored once', cellOptions, cell('collector', 'duplicate delivery'))

test('the published crash matrix claims nothing of the collector that this run contradicts', agreesWithPublished('collector'))
