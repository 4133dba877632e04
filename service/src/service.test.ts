/** Bus, health, metrics and logs: what each promises to its callers. */
import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { createBus } from './bus.ts'
import { createHealth } from './health.ts'
import { createLogger } from './log.ts'
import { createMetrics } from './metrics.ts'

test('a listener that throws is reported and the others still hear', () => {
  const troubles: string[] = []
  const bus = createBus((name) => troubles.push(name))
  let heard = 0
  bus.subscribe('readings', () => {
    throw new Error('no')
  })
  const end = bus.subscribe('readings', () => (heard += 1))
  bus.publish('readings', { readings: [], receivedAtMs: 0 })
  end()
  bus.publish('readings', { readings: [], receivedAtMs: 0 })
  assert.equal(heard, 1)
  assert.deepEqual(troubles, ['readings', 'readings'])
})

test('health asked many times at once looks once', async () => {
  const health = createHealth()
  let looks = 0
  health.register('store', async () => ({ ok: true, detail: `${(looks += 1)}` }))
  await Promise.all(Array.from({ length: 100 }, () => health.check()))
  assert.equal(looks, 1)
  await health.check()
  assert.equal(looks, 2)
})

test('health is not well when one probe fails, and says which and why', async () => {
  const health = createHealth()
  health.register('store', async () => ({ ok: true, detail: 'writes' }))
  const remove = health.register('broker', () => Promise.reject(new Error('gone')))
  assert.deepEqual(await health.check(), {
    ok: false,
    findings: [
      { name: 'store', ok: true, detail: 'writes' },
      { name: 'broker', ok: false, detail: 'gone' }
    ]
  })
  remove()
  assert.equal((await health.check()).ok, true)
})

test('metrics come out as Prometheus text with their labels', async () => {
  const metrics = createMetrics()
  metrics.counter({ name: 'tracegate_test_total', help: 'Test', labels: ['kind'] }).add(2, { kind: 'a' })
  metrics.gauge({ name: 'tracegate_test_depth', help: 'Depth', read: () => 7 })
  metrics.histogram({ name: 'tracegate_test_seconds', help: 'Time', buckets: [0.1, 1] }).observe(0.5)
  const text = await metrics.text()
  assert.match(text, /tracegate_test_total\{kind="a"\} 2/)
  assert.match(text, /tracegate_test_depth 7/)
  assert.match(text, /tracegate_test_seconds_bucket\{le="1"\} 1/)
})

test('a log line never shows a secret by its usual names', () => {
  let text = ''
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString()
      done()
    }
  })
  createLogger({ level: 'info', format: 'json', destination }).info(
    { password: 'hunter2', device: { secret: 'hunter2' }, headers: { authorization: 'hunter2' } },
    'hello'
  )
  assert.match(text, /hello/)
  assert.doesNotMatch(text, /hunter2/)
})
