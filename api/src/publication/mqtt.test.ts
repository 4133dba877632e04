/** What is retained for whom while warnings open, change their level and are lifted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileValidator } from '@tracegate/model/codec'
import { platformSchemas } from '@tracegate/model/platform-messages'
import { anomalyOf, createWorld } from '../harness.ts'
import { appendSteps, liftedSteps, publish, raisedStep, startPublishing, until } from './test-world.ts'

/** A broker's memory: what is retained, and everything that went by. */
function createBrokerMemory() {
  const retained = new Map<string, string>()
  const passed: { readonly topic: string; readonly retain: boolean; readonly text: string }[] = []
  return {
    retained,
    passed,
    publisher: {
      async publish(topic: string, payload: Uint8Array, { retain }: { readonly retain: boolean }) {
        const text = Buffer.from(payload).toString()
        passed.push({ topic, retain, text })
        if (retain && text === '') retained.delete(topic)
        else if (retain) retained.set(topic, text)
      }
    }
  }
}

const warnings = compileValidator(platformSchemas.warning)
const lists = compileValidator(platformSchemas['warning-list'])
const anomalies = compileValidator(platformSchemas.anomaly)

test('TG-908: warnings of a level stand side by side until they are lifted or move, and their list says which there are', async () => {
  const memory = createBrokerMemory()
  const world = await createWorld({ withAccount: false, publisher: memory.publisher })
  const [first, second] = [
    { id: 'W-1', number: 'TG-2026-0001' },
    { id: 'W-2', number: 'TG-2026-0002' }
  ]
  const at = (level: string, number?: string) => `tg/v1/-/warning/${level}${number === undefined ? '' : `/${number}`}`
  const numbers = (level: string) => {
    const read = lists.check(JSON.parse(memory.retained.get(at(level)) ?? '{}'))
    return read.ok ? read.value.warnings.map(({ number }) => number).toSorted() : undefined
  }
  {
    await using api = await startPublishing({}, world)
    await publish(api.world, first)
    await publish(api.world, second)
    await until('both', async () => numbers('II')?.length === 2)
    for (const { number } of [first, second]) assert.ok(warnings.check(JSON.parse(memory.retained.get(at('II', number)) ?? '')).ok)
    await appendSteps(world, first.id, [raisedStep(first, { level: 'I' })])
    await until('the first at level I', async () => numbers('I')?.length === 1 && numbers('II')?.length === 1)
    assert.ok(memory.retained.has(at('I', first.number)) && !memory.retained.has(at('II', first.number)))
    await appendSteps(world, second.id, liftedSteps)
    await until('the end of the second', async () => numbers('II')?.length === 0)
    assert.deepEqual(
      [...memory.retained.keys()].filter((topic) => topic.split('/').length === 6),
      [at('I', first.number)]
    )
  }
  memory.retained.clear()
  await using after = await startPublishing({}, world)
  await until('what is in force, for a broker that forgot it', async () => memory.retained.has(at('I', first.number)))
  assert.deepEqual([numbers('I'), numbers('II'), (await after.get('/w')).status], [[first.number], [], 200])
})

test('TG-909: anomalies are told as they open and close, and are not retained', async () => {
  const memory = createBrokerMemory()
  const world = await createWorld({ withAccount: false, publisher: memory.publisher })
  await using api = await startPublishing({}, world)
  api.world.bus.publish('anomaly', { anomaly: anomalyOf(), receivedAtMs: 1 })
  const told = await until('the anomaly', async () => memory.passed.find(({ topic }) => topic === 'tg/v1/-/anomaly'))
  assert.ok(!told.retain && anomalies.check(JSON.parse(told.text)).ok)
})
