/** Every probe against a broker that does the thing and against one that does not; the second is a small broker that is wrong on purpose. */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { probeForCollector } from './collector-needs.ts'
import { probeBroker, type ProbeOptions } from './probe-broker.ts'
import type { Finding, ProbeName, ProbeVerdict } from './probe.ts'
import { parseBrokerUrl } from './target.ts'
import { startOddBroker } from './testing/odd-broker.ts'
import type { Oddities } from './testing/oddities.ts'

async function find(oddities: Partial<Oddities>, probes: readonly ProbeName[], options: ProbeOptions = {}) {
  await using broker = await startOddBroker(oddities)
  const report = await probeBroker({ url: broker.url }, { ...options, probes })
  const findings = new Map<ProbeName, Finding>(report.findings.map((finding) => [finding.probe, finding]))
  return { report, findings, leftovers: broker.leftovers(), subscriptions: [...broker.subscriptions] }
}

describe('a broker that is right in everything', () => {
  it('works in every probe, and has nothing left of it afterwards', async () => {
    await using broker = await startOddBroker({ share: 'by publisher', payloadBytesMax: 400_000 })
    const prefix = 'site/probe'
    const report = await probeBroker(
      { url: broker.url },
      { topicPrefix: prefix, packetBytesMax: 1_000_000, restart: () => broker.restart(true), needed: () => ['qos-1', 'share'] }
    )
    const bad = report.findings.filter(({ verdict }) => verdict !== 'works')
    assert.deepEqual(bad, [])
    assert.equal(report.name, 'odd broker 1')
    assert.deepEqual(
      report.findings.filter(({ needed }) => needed).map(({ probe }) => probe),
      ['qos-1', 'share']
    )
    const size = report.findings.find(({ probe }) => probe === 'packet-size')?.value?.['payloadBytes']
    assert.ok(typeof size === 'number' && size <= 400_000 && size > 380_000, String(size))
    // The broker hears a moment later that the last connections are ended.
    await sleep(100)
    assert.deepEqual(broker.leftovers(), { sessions: [], retained: [] })
    for (const filter of broker.subscriptions)
      assert.match(filter, /^(\$share\/tg-probe-[0-9a-f]+\/)?site\/probe\/[0-9a-f]{8}-|^\$SYS\/broker\/version$|^\$SYS\/brokers$/)
  })
})

describe('a broker that is wrong in one thing is found out', { concurrency: 24 }, () => {
  const cases: readonly (readonly [Partial<Oddities>, ProbeName, ProbeVerdict, RegExp])[] = [
    [{ connack: 5 }, 'reachable', 'refused', /0x05: this user may not connect/],
    [{ connack: 4 }, 'reachable', 'refused', /user name or password is wrong/],
    [{ versions: [4, 5] }, 'mqtt-3.1', 'refused', /CONNACK 0x01/],
    [{ versions: [3] }, 'mqtt-3.1.1', 'refused', /CONNACK 0x01/],
    [{ versions: [3, 4] }, 'mqtt-5', 'refused', /CONNACK 0x84/],
    [{ versions: [3, 4] }, 'receive-maximum', 'not tried', /needs MQTT 5/],
    [{ suback: 0x80 }, 'qos-1', 'refused', /SUBACK 0x80/],
    [{ suback: 0 }, 'qos-1', 'differs', /asked for QoS 1, granted 0/],
    [{ puback: 'never' }, 'qos-1', 'differs', /no PUBACK/],
    [{ delivery: 'never' }, 'qos-1', 'differs', /never delivered/],
    [{ delivery: 'never' }, 'persistent-session', 'not tried', /needs QoS 1/],
    [{ delivery: 'reversed' }, 'order', 'differs', /in place of/],
    [{ sessions: 'forgotten' }, 'persistent-session', 'differs', /session is forgotten/],
    [{ sessions: 'lying' }, 'persistent-session', 'differs', /said to be there, but nothing was kept/],
    [{ sessions: 'half' }, 'persistent-session', 'differs', /of 20 .* 10 were kept/],
    [{ redelivery: 'never' }, 'redelivery', 'differs', /3 of 3 .* are lost/],
    [{ redelivery: 'without dup' }, 'dup-flag', 'differs', /do not say so/],
    [{ redelivery: 'without dup' }, 'redelivery', 'works', /sent again/],
    [{ takeover: false }, 'takeover', 'differs', /both connections/],
    [{ share: 'refused' }, 'share', 'refused', /SUBACK 0x80/],
    [{ share: 'refused' }, 'share-5', 'refused', /SUBACK 0x9e/],
    [{ share: 'to nobody' }, 'share', 'differs', /granted, and of 32 canaries none was delivered/],
    [{ share: 'to nobody' }, 'share-5', 'differs', /none was delivered/],
    [{ share: 'to everybody' }, 'share', 'differs', /received 64 times/],
    [{ share: 'lossy' }, 'share', 'differs', /8 were not delivered/],
    [{ share: 'alternate' }, 'share', 'works', /16 \+ 16/],
    [{ share: 'alternate' }, 'share-by-publisher', 'differs', /4 of 4 publishers were split/],
    [{ share: 'by publisher' }, 'share-by-publisher', 'works', /same member/],
    [{ qos2: 'twice' }, 'qos-2', 'differs', /delivered 2 times/],
    [{ qos2: 'downgraded' }, 'qos-2', 'differs', /delivered with QoS 1/],
    [{ qos2: 'closed' }, 'qos-2', 'refused', /connection is closed/],
    [{ qos2: 'no pubrec' }, 'qos-2', 'differs', /no PUBREC/],
    [{ retained: 'dropped' }, 'retained', 'differs', /does not get/],
    [{ retained: 'without flag' }, 'retained', 'differs', /without the retain flag/],
    [{ retained: 'never cleared' }, 'retained', 'differs', /does not clear/],
    [{ will: 'never' }, 'will', 'differs', /not published/],
    [{ will: 'always' }, 'will', 'differs', /after a DISCONNECT/],
    [{ keepAlive: false }, 'keep-alive', 'differs', /not ended within 8 s/],
    [{ payloadBytesMax: 100_000 }, 'packet-size', 'differs', /contract has up to 262144/],
    [{ receiveMaximum: false }, 'receive-maximum', 'differs', /sent 10 without/],
    [{ topicAlias: 'none' }, 'topic-alias', 'refused', /allows none/],
    [{ topicAlias: 'lost' }, 'topic-alias', 'differs', /is lost/],
    [{ name: undefined }, 'name', 'unknown', /tells no name/]
  ]
  for (const [oddities, probe, verdict, finding] of cases)
    it(`${JSON.stringify(oddities)}: ${probe} ${verdict}`, async () => {
      const { findings } = await find(oddities, [probe, 'qos-1', 'reachable'])
      assert.equal(findings.get(probe)?.verdict, verdict, findings.get(probe)?.finding)
      assert.match(findings.get(probe)?.finding ?? '', finding)
    })
})

describe('what a PUBACK means', { concurrency: 4 }, () => {
  it('cannot be told from outside, and that is said with what is known of the broker', async () => {
    const { findings } = await find({ name: 'mosquitto version 9' }, ['acknowledgement', 'name'])
    assert.equal(findings.get('acknowledgement')?.verdict, 'unknown')
    assert.match(findings.get('acknowledgement')?.finding ?? '', /PUBACK after .* cannot be told from outside without --restart; Mosquitto/)
  })

  it('is proved by a kill: the message outlives it, or was acknowledged too early', async () => {
    for (const durable of [true, false]) {
      await using broker = await startOddBroker()
      const report = await probeBroker({ url: broker.url }, { probes: ['acknowledgement'], restart: () => broker.restart(durable) })
      const found = report.findings.find(({ probe }) => probe === 'acknowledgement')
      assert.equal(found?.verdict, durable ? 'works' : 'differs', found?.finding)
      if (!durable) assert.match(found?.finding ?? '', /5 of 5 messages were lost .*session is forgotten/)
    }
  })

  it('stays unknown when the command fails, or restarts nothing', async () => {
    await using broker = await startOddBroker()
    for (const restart of [() => Promise.reject(new Error('no such broker')), () => Promise.resolve()]) {
      const report = await probeBroker({ url: broker.url }, { probes: ['acknowledgement'], restart })
      const found = report.findings.find(({ probe }) => probe === 'acknowledgement')
      assert.equal(found?.verdict, 'unknown')
      assert.match(found?.finding ?? '', /no such broker|was it restarted/)
    }
  })
})

describe('the bounds of a probe', { concurrency: 4 }, () => {
  it('ends at its time limit, cleans up, and says what it does not know', async () => {
    await using broker = await startOddBroker({ keepAlive: false })
    const startedMs = performance.now()
    const report = await probeBroker({ url: broker.url }, { timeoutMs: 1_000 })
    assert.ok(performance.now() - startedMs < 6_000)
    const keepAlive = report.findings.find(({ probe }) => probe === 'keep-alive')
    assert.equal(keepAlive?.verdict, 'unknown')
    assert.match(keepAlive?.finding ?? '', /time limit/)
    assert.deepEqual(broker.leftovers().retained, [])
  })

  it('does not blame a broker whose line is cut meanwhile', async () => {
    await using broker = await startOddBroker()
    const cutting = setInterval(() => broker.cut(), 40)
    try {
      const report = await probeBroker({ url: broker.url }, { probes: ['qos-1', 'persistent-session', 'redelivery', 'share'] })
      const blamed = report.findings.filter(({ verdict }) => verdict === 'differs' || verdict === 'refused')
      assert.deepEqual(blamed, [])
    } finally {
      clearInterval(cutting)
    }
  })

  it('tells of a port where nobody listens, and of one that speaks no MQTT', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    })
    const { promise, resolve } = Promise.withResolvers<void>()
    server.listen(0, '127.0.0.1', resolve)
    await promise
    const address = server.address()
    const url = `mqtt://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
    const spoken = await probeBroker({ url })
    assert.notEqual(spoken.findings[0]?.verdict, 'works')
    server.close()
    const gone = await probeBroker({ url })
    assert.equal(gone.findings[0]?.verdict, 'unknown')
    assert.match(gone.findings[0]?.finding ?? '', /ECONNREFUSED/)
    assert.ok(gone.findings.slice(1).every(({ verdict }) => verdict === 'not tried'))
  })

  it('refuses an address with credentials without repeating them, and a prefix with a wildcard', async () => {
    for (const url of ['mqtt://me:hush@host', 'mqtt://hush@host', 'mqtt://me:hush@a b', 'nats://me:hush@host']) {
      assert.throws(
        () => parseBrokerUrl(url),
        (error: unknown) => error instanceof Error && !error.message.includes('hush') && /without user|expected/.test(error.message)
      )
    }
    await assert.rejects(probeBroker({ url: 'mqtt://127.0.0.1:1' }, { topicPrefix: 'a/#' }), /topic prefix is "a\/#"/)
  })
})

describe('what a collector asks for', { concurrency: 4 }, () => {
  const ask = async (oddities: Partial<Oddities>, mode: { version?: 4 | 5; share?: boolean } = {}) => {
    await using broker = await startOddBroker(oddities)
    return await probeForCollector({ url: broker.url }, { version: mode.version ?? 4, share: mode.share ?? false, timeoutMs: 10_000 })
  }

  it('is honoured by a broker that is wrong only in what it does not use', async () => {
    assert.deepEqual(await ask({ qos2: 'closed', retained: 'dropped', share: 'to nobody', will: 'never' }), { type: 'honoured' })
    assert.deepEqual(await ask({ share: 'by publisher' }, { share: true, version: 5 }), { type: 'honoured' })
  })

  it('is refused with the broker, the probe and the finding', async () => {
    const cases = [
      [{ redelivery: 'never' }, {}, 'redelivery'],
      [{ sessions: 'forgotten' }, {}, 'persistent-session'],
      [{ receiveMaximum: false }, { version: 5 }, 'receive-maximum'],
      [{ share: 'to nobody' }, { share: true }, 'share'],
      [{ share: 'alternate' }, { share: true }, 'share-by-publisher'],
      [{ versions: [4] }, { version: 5 }, 'mqtt-5']
    ] as const
    const answers = await Promise.all(cases.map(([oddities, mode]) => ask(oddities, mode)))
    const refusing = answers.map((answer) => (answer.type === 'refused' ? answer.finding.probe : answer.type))
    assert.deepEqual(
      refusing,
      cases.map(([, , probe]) => probe)
    )
  })

  it('is undecided while the broker cannot be reached', async () => {
    const answer = await probeForCollector({ url: 'mqtt://127.0.0.1:1' }, { version: 4, share: false, timeoutMs: 5_000 })
    assert.equal(answer.type, 'undecided')
  })
})
