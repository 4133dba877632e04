/** The forms of a report, and the program around it, over a small capture. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CodedError } from '@tracegate/model/errors'
import { runCli } from './cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'tracegate-conformance-'))
after(() => rmSync(folder, { recursive: true }))

const scene = { format: 'tracegate-capture/1', point: 'p', device: 'd', timeScale: 1, patienceMs: 90_000 }
const startMs = 1_795_430_000_000
const topic = (channel: string) => `tg/v1/p/d/${channel}`
const hexOf = (value: object) => Buffer.from(JSON.stringify(value)).toString('hex')
const will = { topic: topic('state'), qos: 1, retain: true, hex: hexOf({ v: 1, online: false, boot: 'b1' }) }
const birth = {
  v: 1,
  online: true,
  boot: 'b1',
  timeMs: startMs,
  timeQuality: 'unknown',
  identity: { manufacturer: 'M', model: 'T', serialNumber: '1', firmware: '1' },
  capabilities: ['telemetry'],
  metrics: [{ metric: 'temperature', unit: 'Cel' }]
}
const reading = (seq: number) => ({
  v: 1,
  boot: 'b1',
  seq,
  timeMs: startMs,
  timeQuality: 'unknown',
  readings: [{ metric: 'temperature', value: 4, unit: 'Cel', quality: 2 }]
})
const publish = (entry: object) => ({ type: 'publish', connection: 1, from: 'device', retain: false, dup: false, ...entry })

function captureFile(name: string, telemetryQos: number): string {
  const entries = [
    { type: 'open', atMs: startMs, connection: 1 },
    {
      type: 'connect',
      atMs: startMs + 1,
      connection: 1,
      version: 4,
      clientId: 'c',
      clean: true,
      keepAliveS: 30,
      username: 'p/d',
      password: 'right',
      will
    },
    { type: 'connack', atMs: startMs + 2, connection: 1, code: 0, sessionPresent: false },
    publish({ atMs: startMs + 3, topic: topic('state'), qos: 1, retain: true, id: 1, hex: hexOf(birth) }),
    publish({
      atMs: startMs + 4,
      topic: topic('telemetry'),
      qos: telemetryQos,
      ...(telemetryQos > 0 ? { id: 2 } : {}),
      hex: hexOf(reading(0))
    }),
    { type: 'end', atMs: startMs + 5, dropped: 0 }
  ]
  const path = join(folder, name)
  writeFileSync(path, [scene, ...entries].map((line) => JSON.stringify(line)).join('\n'))
  return path
}

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', '']
  try {
    const code = await runCli(argv, {}, { out: (text) => (out += text), err: (text) => (err += text) })
    return { code, out, err }
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error))
    return { code: 2, out, err: `${error.code} ${error.message}` }
  }
}

test('judge prints a table with what was seen, what was expected, the topic, the bytes and the line', async () => {
  const { code, out } = await run('judge', captureFile('qos0.jsonl', 0), '--only', 'TG-1xx')
  assert.equal(code, 1)
  assert.match(out, /^TG-107 +MUST +failed +2 messages$/m)
  assert.match(
    out,
    /seen: telemetry b1\/0 with QoS 0\n.*expected: QoS 1\n.*topic: tg\/v1\/p\/d\/telemetry\n.*bytes: \{"v":1,.*\n.*line 6 of the capture/
  )
  assert.match(out, /^TG-103 +MUST +not tested no connection was refused or lost$/m)
  assert.match(out, /1 failed/)
})

test('judge exits with 0 when no MUST failed, and writes JSON and JUnit', async () => {
  const [json, junit] = [join(folder, 'v.json'), join(folder, 'v.xml')]
  const { code } = await run('judge', captureFile('right.jsonl', 1), '--json', json, '--junit', junit)
  assert.equal(code, 0)
  const parsed: unknown = JSON.parse(readFileSync(json, 'utf8'))
  assert.match(JSON.stringify(parsed), /"point":"p","device":"d","ended":"complete","counts":\{"passed":\d+,"failed":0,/)
  const xml = readFileSync(junit, 'utf8')
  assert.match(xml, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="[^"]+" tests="\d+" failures="0" errors="0">/)
  assert.match(xml, /<testsuite name="delivery" tests="\d+" failures="0" errors="0" skipped="\d+">/)
  assert.match(xml, /<testcase classname="p\.d" name="TG-401: [^"]+"><skipped message="needs --restart-command"\/><\/testcase>/)
})

test('a failure in JUnit carries its words, with what XML does not allow replaced', async () => {
  const junit = join(folder, 'f.xml')
  const { code } = await run('judge', captureFile('qos0-again.jsonl', 0), '--junit', junit)
  assert.equal(code, 1)
  assert.match(readFileSync(junit, 'utf8'), /<failure message="telemetry b1\/0 with QoS 0">- seen: [^<]+&quot;v&quot;:1[^<]+<\/failure>/)
})

test('--language zh prints the verdicts in Chinese', async () => {
  const { out } = await run('judge', captureFile('zh.jsonl', 0), '--language', 'zh', '--only', 'TG-107')
  assert.match(out, /TG-107 +MUST +未通过/)
})

test('--explain prints the text of a requirement in either language', async () => {
  assert.match((await run('--explain', 'TG-404')).out, /^TG-404 \(MUST\)\n.*PUBACK/)
  assert.match((await run('--explain', 'TG-404', '--language', 'zh')).out, /PUBACK/)
  assert.match((await run('--explain', 'TG-901')).out, /not decided by this kit/)
})

test('a wrong call says what was wrong and exits with 2', async () => {
  const cases: readonly (readonly [argv: string[], expected: RegExp])[] = [
    [['--explain', 'TG-999'], /KIT_UNKNOWN_REQUIREMENT.*"TG-999"/],
    [['--point', 'p'], /KIT_CALL.*--point or --device is missing/],
    [['--point', 'p', '--device', 'd', '--listen', 'nowhere'], /KIT_ADDRESS.*"nowhere"/],
    [['--point', 'p', '--device', 'd', '--only', 'TG-12'], /KIT_UNKNOWN_REQUIREMENT.*"TG-12"/],
    [['--secret', 'x'], /CONFIG_UNKNOWN_OPTION/],
    [['judge'], /KIT_CALL.*judge has no file/],
    [['judge', join(folder, 'absent.jsonl')], /KIT_FILE.*can be read/]
  ]
  for (const [argv, expected] of cases) {
    const { code, err } = await run(...argv)
    assert.equal(code, 2)
    assert.match(err, expected)
  }
})

test('a capture that does not fit names its line', async () => {
  const path = join(folder, 'bad.jsonl')
  writeFileSync(path, `${JSON.stringify(scene)}\n{"type":"open","atMs":1,"connection":1}\n{"type":"surprise"}\n`)
  assert.match((await run('judge', path)).err, /KIT_CAPTURE.*line 3 of/)
  writeFileSync(path, '{"format":"pcap"}\n')
  assert.match((await run('judge', path)).err, /line 1 of .* is no scene/)
  writeFileSync(path, '')
  assert.match((await run('judge', path)).err, /is missing/)
})
