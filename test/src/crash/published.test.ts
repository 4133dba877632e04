/** The published crash matrix names every cell, and claims of each that nothing was lost and nothing came twice. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { publishedCells, withMatrix } from './published.ts'
import { faults, parts, type CellResult } from './result.ts'

test('the published crash matrix has every cell once, each with nothing lost, nothing duplicated, and everything sent acknowledged', async () => {
  const cells = await publishedCells('embedded')
  const wanted = parts.flatMap((part) => faults.map((fault) => `${part} × ${fault}`))
  assert.deepEqual(
    cells.map(({ part, fault }) => `${part} × ${fault}`),
    wanted
  )
  for (const cell of [...cells, ...(await publishedCells('mosquitto'))]) {
    assert.equal(cell.lost, 0)
    assert.equal(cell.duplicated, 0)
    assert.ok(cell.sent > 0)
    assert.equal(cell.acknowledged, cell.sent)
    assert.ok(cell.stored >= cell.sent)
  }
})

test('a page gets the tables of a run between its markers and keeps everything else', () => {
  const page =
    'Before\n<!-- generated: embedded -->\nold\n<!-- /generated -->\nbetween\n<!-- generated: mosquitto -->\n<!-- /generated -->\nafter\n'
  const cell: CellResult = {
    part: 'edge',
    fault: 'line cut',
    broker: 'embedded',
    sent: 7,
    acknowledged: 7,
    readings: 20,
    events: 2,
    stored: 22,
    lost: 0,
    duplicated: 0,
    deadLetters: 0,
    faults: 1,
    how: 'cut once',
    notTaken: 0,
    repeats: 3,
    balanced: true,
    seconds: 9
  }
  const text = withMatrix(page, { date: '2026-11-23', machine: 'm', versions: 'v', cells: [cell] })
  assert.match(text, /^Before\n[\s\S]*\| edge \| line cut \| cut once \| 7 \|[\s\S]*between\n[\s\S]*after\n$/)
  assert.doesNotMatch(text, /old/)
  assert.equal(withMatrix(text, { date: '2026-11-23', machine: 'm', versions: 'v', cells: [cell] }), text)
})
