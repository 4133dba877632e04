/**
 * From the authority's order to a refused pallet at a real gate, and back: api, broker, agent and an OPC UA reader with its barrier. What
 * happens is asserted; how fast it happens is measured by `npm run bench -- control`.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileValidator } from '@tracegate/model/codec'
import { keysOfGoods } from '@tracegate/model/control-goods'
import { ControlLists, ControlSummaries, MeasureAnswer, MeasuresOrdered } from '@tracegate/model/http-measures'
import { keyKind } from '@tracegate/model/gs1/key'
import { draftedWarning } from '@tracegate/model/warning-testing'
import { pointIds } from '@tracegate/sim/world/names'
import { Type } from 'typebox'
import { startProduct, temporaryFolder, waitFor, type RunningProduct } from './product.ts'

const summaries = compileValidator(ControlSummaries)
const listed = compileValidator(ControlLists)
const ordered = compileValidator(MeasuresOrdered)
const measure = compileValidator(MeasureAnswer)
const queried = compileValidator(
  Type.Object({
    epcisBody: Type.Object({
      queryResults: Type.Object({ resultsBody: Type.Object({ eventList: Type.Array(Type.Record(Type.String(), Type.Unknown())) }) })
    })
  })
)

test('an ordered recall turns the gate red for a pallet of the lot, and its withdrawal turns it green', { timeout: 120_000 }, async () => {
  await using folder = await temporaryFolder()
  await using product = await startProduct(folder.path, { speed: 60 })
  const { client, all } = product
  const gate = all.simulator?.gate()
  assert.ok(gate !== undefined && all.simulator !== undefined)
  await all.simulator.historyTold()
  const lot = await lotOf(product, all.simulator.exampleKey())
  await publishWarning(product, lot)

  const answer = await client.ask('/api/v1/measures', {
    method: 'POST',
    body: {
      type: 'recall',
      warning: 'W-2026-000900',
      addressees: [{ type: 'goods' }],
      instruction: { zh: '停止流通', en: 'Stop them' },
      why: 'the lot is too warm'
    }
  })
  const read = ordered.check(answer.body)
  assert.ok(read.ok, answer.text)
  const id = read.value.items[0]?.id ?? ''
  const pallet = await waitFor('a pallet of the lot in the applied list of the gate', 20_000, async () => {
    const control = summaries.check((await client.ask('/api/v1/control')).body)
    assert.ok(control.ok)
    const point = control.value.items.find((one) => one.point === pointIds.gate)
    if (point?.isApplied !== true) return undefined
    const lists = listed.check((await client.ask(`/api/v1/control/${pointIds.gate}`)).body)
    assert.ok(lists.ok)
    const keys = lists.value.lists.flatMap(({ orders }) => orders.flatMap(({ goods }) => [...keysOfGoods(goods)]))
    assert.ok(keys.includes(lot))
    return keys.find((key) => keyKind(key) === 'logistic')
  })

  const label = `00${pallet.slice(-18)}`
  const scan = async (bizStep: string) =>
    waitFor(`the event of the scan as ${bizStep}`, 20_000, async () => {
      gate.read({ data: label, symbology: ']C1', grade: 4, timeMs: Date.now() })
      const found = queried.check(
        (
          await client.ask(
            `/epcis/v2/events?EQ_bizStep=${bizStep}&MATCH_epc=${encodeURIComponent(pallet)}&orderBy=eventTime&orderDirection=DESC&perPage=1`
          )
        ).body
      )
      return found.ok ? found.value.epcisBody.queryResults.resultsBody.eventList[0] : undefined
    })
  const refused = await scan('holding')
  assert.deepEqual(
    [refused['disposition'], refused['tracegate:refusedBy'], refused['tracegate:refusedBizStep']],
    ['recalled', id, 'entering_exiting']
  )
  await waitFor('the red lamp', 10_000, async () => (gate.gate.lamp === 'red' ? true : undefined))
  assert.match(gate.gate.reason, /缺陷召回/)

  const withdrawn = await client.ask(`/api/v1/measures/${id}/decisions`, {
    method: 'POST',
    body: { type: 'withdraw', why: 'the readings were wrong' }
  })
  assert.ok(measure.check(withdrawn.body).ok, withdrawn.text)
  await waitFor('the green lamp', 20_000, async () => (gate.gate.lamp === 'green' ? true : undefined))
  await scan('entering_exiting')
  assert.equal(gate.gate.lamp, 'green')
})

/** The lot that the trace knows for a unit. */
async function lotOf({ all }: RunningProduct, item: string | undefined): Promise<string> {
  assert.ok(item !== undefined)
  const histories = await all.stores.trace.histories({ keys: [item], newest: 1_000 })
  const lot = (histories.get(item) ?? []).flatMap(({ subjects }) =>
    subjects.flatMap((subject) => (subject.key === item && subject.lot !== undefined ? [subject.lot] : []))
  )[0]
  assert.ok(lot !== undefined, item)
  return lot
}

/** As the workflow of warnings leaves it; that workflow has tests of its own. */
async function publishWarning({ all }: RunningProduct, lot: string): Promise<void> {
  const [id, atMs] = ['W-2026-000900', Date.now()]
  const draft = draftedWarning({ id, atMs, scope: { lots: [lot] } })
  await all.stores.cases.append({
    kind: 'warning',
    id,
    expectedLength: 0,
    step: { atMs, by: 'test', action: 'published', why: 'test', data: {} },
    head: { open: true, state: { ...draft, status: 'published' } }
  })
}
