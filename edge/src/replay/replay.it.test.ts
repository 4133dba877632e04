/** `npm run replay` as a process against a broker that commits: counts in are counts stored. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { tempFolder } from '../testing/temp-folder.ts'
import { isRecord, startTestBroker, type TestBroker } from '../testing/test-broker.ts'

const cli = fileURLToPath(new URL('../replay-cli.ts', import.meta.url))
const testdata = new URL('../../../../shared/testdata/', import.meta.url)

interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
}

function replay(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
  const { promise, resolve } = Promise.withResolvers<Run>()
  execFile(
    process.execPath,
    [cli, ...argv],
    { env: { ...process.env, TRACEGATE_DEVICE_SECRET: 'secret', ...env }, timeout: 60_000 },
    (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code ?? 99), out, err })
  )
  return promise
}

function figure(run: Run, name: string): number {
  const line = run.out.split('\n').find((text) => text.startsWith(name))
  return Number(/\d+/.exec(line?.slice(name.length) ?? '')?.[0])
}

/** What a store would hold: one value for each series and time; and how many readings came in all. */
function stored(broker: TestBroker): { distinct: Set<string>; messages: Set<string>; devices: Set<string> } {
  const distinct = new Set<string>()
  const messages = new Set<string>()
  const devices = new Set<string>()
  for (const { message, device, boot, seq, channel } of broker.received) {
    const readings: unknown = message['readings']
    if (channel !== 'telemetry' || !Array.isArray(readings)) continue
    messages.add(`${device}/${boot}/${seq}`)
    devices.add(device)
    const list: readonly unknown[] = readings
    for (const reading of list)
      if (isRecord(reading)) distinct.add(`${device}/${String(reading['metric'])}/${String(reading['timeMs'] ?? message['timeMs'])}`)
  }
  return { distinct, messages, devices }
}

/** The path of a vector file, or undefined after saying what is missing. */
function vector(context: TestContext, name: string): string | undefined {
  const path = fileURLToPath(new URL(name, testdata))
  if (existsSync(path)) return path
  if (process.env['CI'] === 'true') assert.fail(`${name} is missing in shared/testdata`)
  context.skip(`${name} is missing in shared/testdata`)
  return undefined
}

test('the motes recording goes through whole: counts in are counts stored', { timeout: 90_000 }, async (context) => {
  const file = vector(context, 'motes/multi-hop.csv')
  if (file === undefined) return
  using folder = tempFolder()
  await using broker = await startTestBroker()
  const run = await replay([file, '--broker', broker.url, '--data-dir', folder.path])
  assert.equal(run.code, 0, run.err + run.out)
  assert.equal(figure(run, 'rows read'), 18_760)
  assert.equal(figure(run, 'readings sent'), 37_520)
  assert.equal(figure(run, 'not committed'), 0)
  const held = stored(broker)
  assert.equal(held.distinct.size, figure(run, 'distinct series and times'))
  assert.equal(held.messages.size, figure(run, 'messages committed'))
  assert.deepEqual([...held.devices].toSorted(), ['mote-1', 'mote-2', 'mote-3', 'mote-4'])
})

test('a temperature series with repeated times is sent as it is, over a line that is cut', { timeout: 90_000 }, async (context) => {
  const file = vector(context, 'nab/data/realKnownCause/machine_temperature_system_failure.csv')
  if (file === undefined) return
  using folder = tempFolder()
  await using broker = await startTestBroker()
  const cutting = setInterval(() => broker.cut(), 400)
  const run = await replay([file, '--broker', broker.url, '--data-dir', folder.path])
  clearInterval(cutting)
  assert.equal(run.code, 0, run.err + run.out)
  assert.equal(figure(run, 'readings sent'), figure(run, 'rows read'))
  assert.equal(stored(broker).distinct.size, figure(run, 'distinct series and times'))
  assert.ok(figure(run, 'distinct series and times') < figure(run, 'readings sent'), 'the file repeats an hour')
})

test('JSON Lines with a bad row: the row is refused with its reason, the rest arrives, and the exit code says so', async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  const file = join(folder.path, 'yard.jsonl')
  writeFileSync(
    file,
    [
      '{"time":"2026-01-01T00:00:00Z","metric":"temperature","value":4.5,"unit":"Cel","device":"reefer-1"}',
      '{"time":"2026-01-01T00:00:05Z","metric":"temperature","value":null,"unit":"Cel","device":"reefer-1"}',
      'broken',
      '{"time":"2026-01-01T00:00:10Z","temperature":4.6,"humidity":80}'
    ].join('\n')
  )
  const run = await replay([file, '--broker', broker.url, '--data-dir', folder.path])
  assert.equal(run.code, 1, run.err + run.out)
  assert.match(run.out, /ROW_NOT_JSON 1/)
  assert.equal(figure(run, 'readings sent'), 4)
  assert.deepEqual([...stored(broker).devices].toSorted(), ['reefer-1', 'yard'])
})

test('the secret is taken from the credentials of the quickstart', async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  const file = join(folder.path, 'room.csv')
  writeFileSync(file, 'time,temp,note\n2026-01-01T00:00:00Z,4.5,fine\n2026-01-01T00:01:00Z,,none\n')
  const missing = await replay([file, '--broker', broker.url, '--data-dir', folder.path], { TRACEGATE_DEVICE_SECRET: '' })
  assert.equal(missing.code, 2)
  assert.match(missing.err, /Cannot replay as replay\/recorder/)
  mkdirSync(join(folder.path, 'sim'))
  writeFileSync(join(folder.path, 'sim', 'credentials.json'), JSON.stringify({ 'replay/recorder': 'from-the-file' }))
  const run = await replay(
    [file, '--broker', broker.url, '--data-dir', folder.path, '--column', 'temp=temperature', '--unit', 'Cel', '--time', 'now'],
    { TRACEGATE_DEVICE_SECRET: '' }
  )
  assert.equal(run.code, 0, run.err + run.out)
  assert.equal(broker.passwords.at(-1), 'from-the-file')
  assert.equal(figure(run, 'readings committed'), 2)
})

test('a broker that is not there ends in exit code 1 and a reason, and the next replay delivers what was left', async () => {
  using folder = tempFolder()
  const gone = await startTestBroker()
  await gone[Symbol.asyncDispose]()
  const file = join(folder.path, 'room.csv')
  writeFileSync(file, 'time,temperature\n2026-01-01T00:00:00Z,4.5\n')
  const first = await replay([file, '--broker', gone.url, '--data-dir', folder.path, '--patience-ms', '1000'])
  assert.equal(first.code, 1, first.err + first.out)
  assert.match(first.out, /Not complete: nothing was committed for 1000 ms \(.*ECONNREFUSED/)
  await using broker = await startTestBroker(gone.port)
  const second = await replay([file, '--broker', broker.url, '--data-dir', folder.path])
  assert.equal(second.code, 0, second.err + second.out)
  assert.equal(stored(broker).messages.size, 2)
})

test('an unknown option and a missing file are wrong calls', async () => {
  using folder = tempFolder()
  const unknown = await replay(['x.csv', '--spead', '3'])
  assert.equal(unknown.code, 2)
  assert.match(unknown.err, /did you mean "--speed"/)
  const missing = await replay([join(folder.path, 'none.csv'), '--broker', 'mqtt://127.0.0.1:1', '--data-dir', folder.path])
  assert.equal(missing.code, 2)
  assert.match(missing.err, /Cannot replay .*none\.csv.*ENOENT/)
})
