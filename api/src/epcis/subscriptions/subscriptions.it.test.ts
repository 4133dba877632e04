/** Subscriptions through a `kill -9`: a real receiver gets every event at least once and in order, repeats under the same key. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { key } from '../../harness.ts'
import { startReceiver } from './receiver.ts'
import { eventOf, headers, idOf, until } from './test-world.ts'

const child = fileURLToPath(new URL('./subscriptions-child.ts', import.meta.url))
const eventsTotal = 150

async function start(dataDir: string): Promise<{ process: ChildProcess; url: string }> {
  const process = spawn(globalThis.process.execPath, [child, dataDir, key], { stdio: ['ignore', 'pipe', 'inherit'] })
  const url = await new Promise<string>((resolve, reject) => {
    process.stdout.once('data', (text: Buffer) => resolve(String(text).trim()))
    process.once('exit', (code) => reject(new Error(`the child ended with ${code}`)))
  })
  return { process, url }
}

async function post(url: string, body: object): Promise<Response> {
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  assert.ok(answer.ok, await answer.clone().text())
  return answer
}

const documentOf = (numbers: readonly number[]) => ({
  '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
  type: 'EPCISDocument',
  schemaVersion: '2.0',
  creationDate: '2026-11-23T00:00:00Z',
  epcisBody: { eventList: numbers.map((number) => eventOf(number)) }
})

test('killed in the middle of deliveries, a process delivers every event in order after its restart', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-subscriptions-'))
  await using receiver = await startReceiver()
  const running = new Set<ChildProcess>()
  const run = async () => {
    const started = await start(dataDir)
    running.add(started.process)
    return started
  }
  const kill = async (process: ChildProcess) => {
    const ended = once(process, 'exit')
    process.kill('SIGKILL')
    await ended
    running.delete(process)
  }
  try {
    let { process, url } = await run()
    await post(`${url}/epcis/v2/queries`, { name: 'all', query: { eventType: ['ObjectEvent'] } })
    await post(`${url}/epcis/v2/queries/all/subscriptions`, { dest: receiver.url, stream: true, signatureToken: 'secret' })
    for (let first = 1; first <= eventsTotal; first += 10)
      await post(`${url}/epcis/v2/capture`, documentOf(Array.from({ length: 10 }, (_, index) => first + index)))
    receiver.behave((_delivery, number) => (number % 3 === 1 ? 503 : 200))
    await until('some events', () => receiver.taken().length >= 30)
    // The process dies before it hears of the delivery under way.
    receiver.behave(() => 'hang')
    const seen = receiver.received.length
    await until('a delivery under way', () => receiver.received.length > seen)
    await kill(process)
    receiver.behave(() => 200)
    ;({ process, url } = await run())
    await until('every event', () => new Set(receiver.taken()).size === eventsTotal)
    const distinct = [...new Set(receiver.taken())]
    assert.deepEqual(
      distinct,
      Array.from({ length: eventsTotal }, (_, index) => idOf(index + 1))
    )
    const bodies = new Map<string, Set<string>>()
    for (const { headers: sent, body } of receiver.received) {
      const id = String(sent['idempotency-key'])
      bodies.set(id, (bodies.get(id) ?? new Set()).add(body))
    }
    assert.ok(
      [...bodies.values()].every((texts) => texts.size === 1),
      'one key, one text'
    )
    assert.ok(receiver.received.length > bodies.size, 'there were repeats')
  } finally {
    for (const process of running) process.kill('SIGKILL')
    await rm(dataDir, { recursive: true, force: true })
  }
})
