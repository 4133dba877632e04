/** What is missing of a device, and orders to it: by HTTP, with a device that answers, one that does not, and one that is not asked. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileValidator, decodeMessage } from '@tracegate/model/codec'
import { Command, type CommandStatus } from '@tracegate/model/command'
import type { GapReport } from '@tracegate/model/gap'
import type { MessagePublisher } from '@tracegate/service/ingest'
import { authorization, createCheckedServer, createWorld, gapReportOf, startMs } from './harness.ts'

const headers = { authorization }
const command = compileValidator(Command)
/** Publishes to a device that answers, or stays silent. */
async function withDevice(answer: CommandStatus | undefined, from = 'plc-1') {
  const told: { topic: string; order: Command }[] = []
  const publisher: MessagePublisher = {
    publish: async (topic, payload) => {
      const decoded = decodeMessage(command, payload)
      assert.ok(decoded.ok)
      told.push({ topic, order: decoded.value })
      const reply = { v: 1, id: decoded.value.id, timeMs: startMs, message: 'so it is' } as const
      if (answer === undefined) return
      world.bus.publish('commandReply', { point: 'port-1', device: from, reply: { ...reply, status: 'accepted' } })
      world.bus.publish('commandReply', { point: 'port-1', device: from, reply: { ...reply, status: answer } })
    }
  }
  const world = await createWorld({ publisher, nowMs: () => startMs })
  const app = await createCheckedServer(world)
  const order = (payload: object, device = 'plc-1') =>
    app.inject({ method: 'POST', url: `/api/v1/devices/port-1/${device}/commands`, headers, payload })
  return { world, told, order }
}

test('the gap ledger answers for the last day, or the period asked for', async () => {
  const world = await createWorld({
    nowMs: () => startMs,
    gaps: { report: (query) => Promise.resolve(query.device === 'plc-1' ? gapReportOf(query) : undefined) }
  })
  const app = await createCheckedServer(world)
  const get = (path: string) => app.inject({ url: `/api/v1/devices/port-1/${path}`, headers })
  const day = await get('plc-1/gaps')
  assert.equal(day.statusCode, 200)
  assert.deepEqual(day.json(), gapReportOf({ point: 'port-1', device: 'plc-1', fromMs: startMs - 86_400_000, toMs: startMs }))
  const hour = await get('plc-1/gaps?from=2026-11-23T00:00:00%2B08:00&to=2026-11-23T01:00:00%2B08:00')
  assert.equal(hour.json<GapReport>().toMs, Date.UTC(2026, 10, 22, 17))
  assert.equal((await get('stranger/gaps')).statusCode, 404)
  assert.equal((await get('plc-1/gaps?from=2026-11-23T01:00:00Z&to=2026-11-23T00:00:00Z')).json<{ code: string }>().code, 'RANGE_INVALID')
})

test('an order goes to the topic of the device and comes back with its reply', async () => {
  const { told, order } = await withDevice('done')
  const answer = await order({ name: 'setInterval', args: { metric: 'temperature', intervalMs: 500 }, waitMs: 2_000 })
  assert.equal(answer.statusCode, 200)
  assert.equal(told[0]?.topic, 'tg/v1/port-1/plc-1/command')
  assert.equal(told[0]?.order.deadlineMs, startMs + 2_000)
  const { id, ...rest } = answer.json<Record<string, unknown>>()
  assert.equal(id, told[0]?.order.id)
  assert.deepEqual(rest, { status: 'done', message: 'so it is', issuedAtMs: startMs, answeredAtMs: startMs })
})

test('a device that says nothing until the deadline is reported as silent, and another cannot answer for it', async () => {
  const silent = await withDevice(undefined)
  assert.equal((await silent.order({ name: 'rebirth', waitMs: 100 })).json<{ status: string }>().status, 'silent')
  const foreign = await withDevice('done', 'plc-2')
  assert.equal((await foreign.order({ name: 'rebirth', waitMs: 100 })).json<{ status: string }>().status, 'silent')
})

test('an order that the contract does not know, or to a device that is not there, is refused with its reason', async () => {
  const { told, order } = await withDevice('done')
  assert.equal((await order({ name: 'explode' })).statusCode, 400)
  const wrong = await order({ name: 'setInterval', args: { intervalMs: 1 } })
  assert.equal(wrong.json<{ code: string }>().code, 'ORDER_INVALID')
  assert.equal((await order({ name: 'rebirth' }, 'stranger')).statusCode, 404)
  assert.deepEqual(told, [])
})

test('without a way to the broker, or the right, there are no orders', async () => {
  const world = await createWorld({ nowMs: () => startMs })
  const app = await createCheckedServer(world)
  const url = '/api/v1/devices/port-1/plc-1/commands'
  const answer = await app.inject({ method: 'POST', url, headers, payload: { name: 'rebirth' } })
  assert.equal(answer.json<{ code: string }>().code, 'ORDERS_ABSENT')
  assert.equal((await app.inject({ method: 'POST', url, payload: { name: 'rebirth' } })).statusCode, 401)
})
