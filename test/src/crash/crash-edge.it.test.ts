/** The row of the crash matrix in which the edge is struck: six faults, each with counted results. */
import { test } from 'node:test'
import { agreesWithPublished, cell, cellOptions } from './cells.ts'

test('TG-404 TG-405: an edge that is killed again and again loses nothing and stores nothing twice', cellOptions, cell('edge', 'kill -9'))

test('TG-404: an edge whose lines are cut, dead or slow loses nothing', cellOptions, cell('edge', 'line cut'))

test('TG-404: an edge whose disk is full acknowledges nothing that it cannot keep', cellOptions, cell('edge', 'disk full'))

test('TG-504: an edge whose clock goes back an hour goes on and loses nothing', cellOptions, cell('edge', 'clock back'))

test(
  'TG-415 TG-405: an edge whose brokers restart and forget it while it stands still loses nothing',
  cellOptions,
  cell('edge', 'broker restart')
)

test('TG-407 TG-903: what an edge hears and sends twice is stored once', cellOptions, cell('edge', 'duplicate delivery'))

test('the published crash matrix claims nothing of the edge that this run contradicts', agreesWithPublished('edge'))
