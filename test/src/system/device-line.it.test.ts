/** The line to a device as an operator sees it: an outage in the gap ledger, and orders that come back answered. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileValidator } from '@tracegate/model/codec'
import { GapReport } from '@tracegate/model/gap'
import { OrderAnswer } from '@tracegate/model/http-orders'
import { startProduct, temporaryFolder, waitFor, type ApiClient } from './product.ts'

const report = compileValidator(GapReport)
const answer = compileValidator(OrderAnswer)

async function ledgerOf(client: ApiClient, device: string): Promise<GapReport | undefined> {
  const got = await client.ask(`/api/v1/devices/${device}/gaps`)
  const checked = report.check(got.body)
  return got.status === 200 && checked.ok ? checked.value : undefined
}

test('TG-906 TG-802: the ledger counts what comes of a device, and orders to it are answered', { timeout: 60_000 }, async () => {
  await using folder = await temporaryFolder()
  await using product = await startProduct(folder.path)
  const { client } = product
  const first = await waitFor('the first readings of the PLC', 20_000, async () => {
    const ledger = await ledgerOf(client, 'shanghai-cold-store/plc')
    return ledger !== undefined && ledger.received.readings > 0 ? ledger : undefined
  })
  assert.equal(first.online, true)
  assert.deepEqual([first.missingMessages, first.gaps], [0, []])
  await waitFor('more readings', 10_000, async () => {
    const ledger = await ledgerOf(client, 'shanghai-cold-store/plc')
    return ledger !== undefined && ledger.received.readings > first.received.readings ? ledger : undefined
  })

  const order = async (device: string, body: object) => client.ask(`/api/v1/devices/${device}/commands`, { method: 'POST', body })
  const reborn = await order('shanghai-cold-store/plc', { name: 'rebirth', waitMs: 5_000 })
  const checked = answer.check(reborn.body)
  assert.ok(checked.ok, JSON.stringify(reborn.body))
  assert.equal(checked.value.status, 'done', checked.value.message)
  const held = answer.check((await order('shanghai-cold-store/plc', { name: 'holdGate', waitMs: 5_000 })).body)
  assert.ok(held.ok)
  assert.equal(held.value.status, 'refused', 'a PLC of a cold store holds no gate')
  assert.equal((await order('shanghai-cold-store/nobody', { name: 'rebirth' })).status, 404)
})
