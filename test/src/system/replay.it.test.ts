/** Real recordings through the whole running system: as many readings come out of the store as went in at the edge. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compileValidator } from '@tracegate/model/codec'
import { SeriesList } from './answers.ts'
import { runToEnd, startProduct, temporaryFolder, waitFor } from './product.ts'
import { needsTestdata, testdataPath } from '../testdata.ts'

const replay = fileURLToPath(new URL('../../../edge/src/replay-cli.ts', import.meta.url))
const lists = compileValidator(SeriesList)

const recordings = [
  ['motes', 'multi-hop.csv'],
  ['nab', 'data', 'realKnownCause', 'ambient_temperature_system_failure.csv'],
  ['nab', 'data', 'realKnownCause', 'machine_temperature_system_failure.csv']
] as const

test('readings of real recordings are stored, as many as were sent', { ...needsTestdata(), timeout: 120_000 }, async (context) => {
  await using folder = await temporaryFolder()
  await using product = await startProduct(folder.path)
  let sent = 0
  let distinct = 0
  for (const recording of recordings) {
    const { code, output, errors } = await runToEnd(replay, [
      testdataPath(...recording),
      '--data-dir',
      folder.path,
      '--broker',
      `mqtt://127.0.0.1:${product.all.ports.mqtt}`
    ])
    assert.equal(code, 0, `${output}${errors}`)
    const figure = (name: string) => Number(new RegExp(`^${name} +(\\d+)`, 'm').exec(output)?.[1] ?? Number.NaN)
    assert.equal(figure('readings committed'), figure('readings sent'))
    assert.equal(figure('not committed'), 0)
    sent += figure('readings sent')
    distinct += figure('distinct series and times')
  }
  assert.ok(distinct > 60_000)
  const stored = await waitFor('the readings to be stored', 20_000, async () => {
    const list = lists.check((await product.client.ask('/api/v1/series?prefix=replay/')).body)
    assert.ok(list.ok)
    const count = list.value.items.reduce((sum, series) => sum + series.count, 0)
    return count >= distinct ? count : undefined
  })
  assert.equal(stored, distinct)
  context.diagnostic(`${sent} readings sent, ${distinct} distinct, ${stored} stored`)
})
