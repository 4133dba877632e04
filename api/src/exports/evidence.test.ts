/** Sealed evidence: made over HTTP, checked by the verifier, and refused by it in every way somebody could change it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as fc from 'fast-check'
import { unzipSync, zipSync } from 'fflate'
import { canonicalJson } from '@tracegate/store/journal'
import { anomalyOf, authorization, chamber, createCheckedServer, createWorld, fish, minuteMs, raise, startMs } from '../harness.ts'
import { createTriggerEngine } from '../trigger.ts'
import { createEvidenceKeys } from './evidence-keys.ts'
import { createEvidenceOffice } from './evidence-office.ts'
import { mergeWindows } from './evidence-windows.ts'
import { keyIdOf, verifyBundle } from './verify-bundle.ts'
import { readZip } from './verify-zip.ts'

const headers = { authorization, 'content-type': 'application/json' }
const root = '/api/v1/exports/evidence'
const lot = `${fish}/10/PK1`
const items = [1, 2, 3].map((serial) => `${fish}/21/S${serial}`)
let folder: string
let bundle: Buffer
let keyPem: string

const event = (number: number, rest: object) => ({
  type: 'ObjectEvent',
  eventID: `urn:uuid:33333333-3333-4333-8333-${String(number).padStart(12, '0')}`,
  eventTime: new Date(startMs + number * 20 * minuteMs).toISOString(),
  eventTimeZoneOffset: '+08:00',
  action: 'OBSERVE',
  epcList: items,
  ...rest
})

async function start(name: string) {
  const home = await mkdtemp(join(folder, name))
  const paths = { folder: join(home, 'exports'), keysPath: join(home, 'access', 'evidence-keys.json') }
  const world = await createWorld({ withAccount: false, exports: paths })
  const app = await createCheckedServer(world)
  const events = [
    event(1, { action: 'ADD', bizStep: 'commissioning', readPoint: { id: chamber }, ilmd: { 'cbvmda:lotNumber': 'PK1' } }),
    event(2, { bizStep: 'storing', readPoint: { id: chamber }, bizLocation: { id: chamber } }),
    event(12, { bizStep: 'shipping', readPoint: { id: chamber } })
  ]
  for (const payload of events)
    assert.equal((await app.inject({ method: 'POST', url: '/epcis/v2/events', headers, payload })).statusCode, 201)
  const readings = Array.from({ length: 300 }, (_, at) => ({
    point: 'port-1',
    device: 'plc-1',
    metric: 'chamber1.temperature',
    value: at / 10,
    unit: 'Cel',
    quality: 1 as const,
    timeMs: startMs + at * minuteMs
  }))
  await world.telemetry.append(readings)
  await raise(world, anomalyOf(), startMs + 62 * minuteMs)
  await raise(world, anomalyOf({ status: 'closed', closedMs: startMs + 90 * minuteMs }), startMs + 90 * minuteMs)
  const order = (payload: object, more: object = {}) => app.inject({ method: 'POST', url: root, headers: { ...headers, ...more }, payload })
  return { world, app, order, paths }
}

const check = (file: Uint8Array, options: { trustedKeys?: readonly string[]; nowMs?: number } = {}) =>
  verifyBundle(Buffer.from(file), { nowMs: Date.now(), ...options })
const failed = (file: Uint8Array, options: Parameters<typeof check>[1] = {}) =>
  check(file, options)
    .checks.filter(({ ok }) => !ok)
    .map(({ name, detail }) => `${name}: ${detail}`)

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracegate-evidence-'))
  const { app, order } = await start('first')
  const answer = await order({ anomaly: 'a-1' })
  assert.equal(answer.statusCode, 200, answer.body)
  bundle = answer.rawPayload
  keyPem = (await app.inject({ url: `${root}/key`, headers: { ...headers, accept: 'application/x-pem-file' } })).body
})
after(() => rm(folder, { recursive: true, force: true }))

test('a bundle of an anomaly holds events, readings, anomaly, journal, trace, summary and seal, and verifies', () => {
  const files = unzipSync(bundle)
  assert.deepEqual(Object.keys(files), [
    'question.json',
    'events.jsonl',
    'readings.csv',
    'anomalies.jsonl',
    'journals/0001-anomaly.jsonl',
    'trace.json',
    'names.json',
    'summary.md',
    'public-key.pem',
    'manifest.json',
    'manifest.sig'
  ])
  const manifest = JSON.parse(textOf(files, 'manifest.json'))
  const counts = Object.fromEntries(manifest.files.map((file: { name: string; count: number }) => [file.name, file.count]))
  assert.equal(counts['events.jsonl'], 3)
  assert.equal(counts['readings.csv'], 241, 'while the goods were in the chamber, an hour before and an hour after, each reading once')
  assert.equal(counts['journals/0001-anomaly.jsonl'], 2)
  assert.match(
    textOf(files, 'readings.csv'),
    /^time,point,device,metric,unit,value,quality\r\n2026-11-23T08:00:00\.000Z,port-1,plc-1,chamber1\.temperature,Cel,0,1\r\n/
  )
  assert.match(
    textOf(files, 'summary.md'),
    /commissioning \| 3 \| 地点 chamber[^]*温度高于上限[^]*\| storing \| 3 \| Place chamber[^]*\| 241 \| 0 \| 24 \| Cel \|[^]*Temperature above its limit/
  )
  assert.deepEqual([manifest.askedBy, manifest.question, manifest.cut], [{ name: 'bootstrap', kind: 'key' }, { anomaly: 'a-1' }, []])
  assert.deepEqual(failed(bundle, { trustedKeys: [keyPem] }), [])
})

test('bundles of a thing, a place and period, and as known then verify; others are refused', async () => {
  const { app, order } = await start('questions')
  const period = { from: new Date(startMs).toISOString(), to: new Date(startMs + 300 * minuteMs).toISOString() }
  const countsOf = async (question: object) => {
    const answer = await order(question)
    assert.equal(answer.statusCode, 200, answer.body)
    assert.deepEqual(failed(answer.rawPayload), [])
    const { files } = JSON.parse(textOf(unzipSync(answer.rawPayload), 'manifest.json'))
    return ['events.jsonl', 'readings.csv', 'anomalies.jsonl'].map(
      (name) => files.find((file: { name: string }) => file.name === name).count
    )
  }
  assert.deepEqual(await countsOf({ of: items[0] }), [3, 201, 1])
  assert.deepEqual(await countsOf({ place: chamber, ...period }), [3, 300, 1])
  assert.deepEqual(await countsOf({ of: lot, knownAt: '2001-01-01T00:00:00Z' }), [0, 0, 0], 'nothing was recorded then')
  for (const [question, status] of [
    [{}, 400],
    [{ of: lot, anomaly: 'a-1' }, 400],
    [{ place: chamber }, 400],
    [{ anomaly: 'a-1', more: 1 }, 400]
  ] as const)
    assert.equal((await order(question)).statusCode, status, JSON.stringify(question))
  assert.equal((await order({ warning: 'w-9' })).statusCode, 404)
  assert.equal((await app.inject({ method: 'POST', url: root, payload: { of: lot } })).statusCode, 401)
})

test('a bundle of a warning holds its journal beside that of its anomaly', async () => {
  const { world, order } = await start('warning')
  {
    await using trigger = createTriggerEngine(world.context)
    await raise(world, anomalyOf({ id: 'a-2' }))
    await trigger.idle()
  }
  const [warning] = (await world.cases.heads({ kind: 'warning', limit: 5 })).heads
  assert.ok(warning !== undefined, 'the anomaly gave a draft')
  const answer = await order({ warning: warning.id })
  assert.equal(answer.statusCode, 200, answer.body)
  assert.deepEqual(failed(answer.rawPayload), [])
  const manifest: Manifest = JSON.parse(textOf(unzipSync(answer.rawPayload), 'manifest.json'))
  const journals = manifest.journals.map(({ kind, id }) => `${kind} ${id}`).sort()
  assert.deepEqual(journals, ['anomaly a-1', 'anomaly a-2', `warning ${warning.id}`], 'the other anomaly was at the same place meanwhile')
})

test('a job tells how far it is, is taken later, survives a restart, and every step of it is in the journal', async () => {
  const { world, app, order, paths } = await start('jobs')
  const begun = await order({ anomaly: 'a-1' }, { prefer: 'respond-async' })
  assert.equal(begun.statusCode, 202, begun.body)
  const url = String(begun.headers.location)
  await world.context.evidence?.settled(begun.json().id, 5_000)
  const job = (await app.inject({ url, headers })).json()
  assert.deepEqual([job.state, job.progress['events.jsonl'], job.cut], ['ready', 3, []])
  const taken = await app.inject({ url: job.download, headers })
  assert.equal(createHash('sha256').update(taken.rawPayload).digest('hex'), job.sha256)
  assert.match(String(taken.headers['content-disposition']), /^attachment; filename="evidence-[0-9a-f-]+\.zip"$/)
  await writeFile(join(paths.folder, '00000000-0000-4000-8000-000000000000.zip'), 'left half made')
  const again = createEvidenceOffice({ ...paths, context: world.context })
  assert.equal((await again.job(job.id))?.state, 'ready')
  assert.deepEqual((await readdir(paths.folder)).sort(), [`${job.id}.json`, `${job.id}.zip`].sort(), 'what was half made is gone')
  const late = createEvidenceOffice({ ...paths, context: { ...world.context, nowMs: () => Date.now() + 90_000_000 } })
  assert.equal(await late.job(job.id), undefined, 'a day later it is deleted')
  assert.deepEqual(await readdir(paths.folder), [])
  const steps = await world.cases.journal('audit', `exports:${new Date().toISOString().slice(0, 7)}`)
  assert.deepEqual(
    steps.map(({ action }) => action),
    ['export evidence asked', 'export evidence sealed', 'export evidence taken']
  )
})

test('only so many bundles are made and wait, and one that fails says why', async () => {
  const { world, paths } = await start('limits')
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const trace = {
    ...world.trace,
    events: async () => {
      await gate
      throw new Error('the disk is gone')
    }
  }
  const office = createEvidenceOffice({ ...paths, context: { ...world.context, trace }, limits: { running: 1, waiting: 1 } })
  const by = { kind: 'account', name: 'anna', rights: ['read'] } as const
  const order = () => office.order({ question: { of: lot }, ask: { of: lot, knownAtMs: Date.now() }, by })
  const [first, second] = [await order(), await order()]
  await assert.rejects(order(), { code: 'EXPORTS_FULL' })
  open()
  assert.equal((await office.settled(first.id, 5_000))?.state, 'failed')
  assert.match((await office.settled(second.id, 5_000))?.detail ?? '', /the disk is gone/)
  assert.deepEqual(
    (await readdir(paths.folder)).filter((name) => name.endsWith('.zip')),
    []
  )
  await office.close()
})

test('keys are made at first use for their owner only, rotate, and what an old one sealed goes on verifying', async () => {
  const { app, order, paths } = await start('keys')
  const before = (await order({ of: lot })).rawPayload
  if (process.platform !== 'win32') assert.equal((await stat(paths.keysPath)).mode & 0o777, 0o600)
  const rotated = (await app.inject({ method: 'POST', url: `${root}/key/rotation`, headers: { authorization } })).json()
  const now = (await order({ of: lot })).rawPayload
  const keys = rotated.keys.map(({ publicKeyPem }: { publicKeyPem: string }) => publicKeyPem)
  assert.equal(keys.length, 2)
  for (const file of [before, now]) assert.deepEqual(failed(file, { trustedKeys: keys }), [])
  assert.match(failed(before, { trustedKeys: [keys[0]] }).join(), /^key: it is sealed by/)
  const kept = await readFile(paths.keysPath, 'utf8')
  assert.equal(kept.split('PRIVATE KEY').length - 1, 2, 'only the key that signs keeps its private half')
  await writeFile(paths.keysPath, kept, { mode: 0o600 })
  assert.equal((await createEvidenceKeys({ path: paths.keysPath, nowMs: Date.now }).published()).current, rotated.current)
  await writeFile(paths.keysPath, '{}')
  await assert.rejects(createEvidenceKeys({ path: paths.keysPath, nowMs: Date.now }).current(), { code: 'EVIDENCE_KEYS' })
})

type Files = Record<string, Uint8Array>
const textOf = (files: Files, name: string) => Buffer.from(files[name] ?? new Uint8Array()).toString()
const linesOf = (files: Files, name: string) => textOf(files, name).trimEnd().split('\n')
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text))
const packed = (files: Files) => zipSync(files)
const changed = (change: (files: Files) => Files | void): Uint8Array => {
  const files = unzipSync(bundle)
  return packed(change(files) ?? files)
}

interface Manifest {
  keyId: string
  createdAtMs: number
  createdAt: string
  knownAt: string
  files: { name: string; bytes: number; sha256: string }[]
  journals: { kind: string; id: string }[]
}

/** What somebody with a key of his own makes of it: all hashes and the seal are right again. */
function resealed(change: (files: Files, manifest: Manifest) => void): Uint8Array {
  const files = unzipSync(bundle)
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  files['public-key.pem'] = bytesOf(String(publicKey.export({ format: 'pem', type: 'spki' })))
  const manifest: Manifest = JSON.parse(textOf(files, 'manifest.json'))
  change(files, manifest)
  manifest.keyId = keyIdOf(publicKey)
  for (const file of manifest.files) {
    const content = files[file.name] ?? new Uint8Array()
    file.bytes = content.length
    file.sha256 = createHash('sha256').update(content).digest('hex')
  }
  const bytes = Buffer.from(canonicalJson(manifest))
  files['manifest.json'] = new Uint8Array(bytes)
  files['manifest.sig'] = new Uint8Array(sign(null, bytes, privateKey))
  return packed(files)
}

/** The same octets under another name of the same length, at the data and in the directory. */
function renamedInPlace(from: string, to: string): Uint8Array {
  assert.equal(from.length, to.length)
  return Buffer.from(bundle.toString('latin1').replaceAll(from, to), 'latin1')
}

const names = [
  'question.json',
  'events.jsonl',
  'readings.csv',
  'anomalies.jsonl',
  'journals/0001-anomaly.jsonl',
  'trace.json',
  'names.json',
  'summary.md'
]
const sealNames = ['public-key.pem', 'manifest.json', 'manifest.sig']

type Mutant = readonly [expected: RegExp, make: () => Uint8Array]

function oneBitOf(name: string): Mutant {
  const expected = sealNames.includes(name) ? /signature|key|manifest/ : new RegExp(`files: changed: ${name}`)
  const make = () =>
    changed((files) => {
      const content = files[name] ?? new Uint8Array()
      const at = Math.floor(content.length / 2)
      content[at] = (content[at] ?? 0) ^ 1
    })
  return [expected, make]
}

const mutants: Record<string, Mutant> = {
  ...Object.fromEntries([...names, ...sealNames].map((name) => [`one bit of ${name}`, oneBitOf(name)])),
  'a removed file': [/files: missing: readings\.csv/, () => changed(({ 'readings.csv': _gone, ...rest }) => rest)],
  'an added file': [/files: extra: more\.txt/, () => changed((files) => ({ ...files, 'more.txt': bytesOf('more') }))],
  'a renamed file': [
    /extra: other\.csv; missing: readings\.csv/,
    () => changed(({ 'readings.csv': content = new Uint8Array(), ...rest }) => ({ ...rest, 'other.csv': content }))
  ],
  'two files in each other’s place': [
    /files: changed: anomalies\.jsonl/,
    () =>
      changed((files) => {
        const { 'events.jsonl': events = new Uint8Array(), 'anomalies.jsonl': anomalies = new Uint8Array() } = files
        Object.assign(files, { 'events.jsonl': anomalies, 'anomalies.jsonl': events })
      })
  ],
  'a manifest that names another asker': [
    /signature/,
    () => changed((files) => void (files['manifest.json'] = bytesOf(textOf(files, 'manifest.json').replace('bootstrap', 'bootstrbp'))))
  ],
  'a manifest with white space': [
    /manifest: it is not written canonically/,
    () => changed((files) => void (files['manifest.json'] = bytesOf(`${textOf(files, 'manifest.json')} `)))
  ],
  'a missing signature': [/signature: manifest\.sig is missing/, () => changed(({ 'manifest.sig': _gone, ...rest }) => rest)],
  'a missing manifest': [/manifest: manifest\.json is missing/, () => changed(({ 'manifest.json': _gone, ...rest }) => rest)],
  'a truncated file': [/archive: it does not end/, () => bundle.subarray(0, -1)],
  'something after the end': [/archive/, () => Buffer.concat([bundle, Buffer.from('x')])],
  'something before the beginning': [/archive/, () => Buffer.concat([Buffer.from('x'), bundle])],
  'a name that is there twice': [/archive: "trace\.json" is there twice/, () => renamedInPlace('names.json', 'trace.json')],
  'a name that leads out of the folder': [/archive: the name "\.\.\/stion\.json"/, () => renamedInPlace('question.json', '../stion.json')],
  'an absolute name': [/archive: the name "\/uestion\.json"/, () => renamedInPlace('question.json', '/uestion.json')],
  'a file that unpacks to very much': [
    /files: changed: trace\.json has 8388608 octets/,
    () => changed((files) => void (files['trace.json'] = new Uint8Array(8_388_608)))
  ],
  'a file that unpacks to more than it says': [
    /files: .*(?:larger than|buffer)/i,
    () => {
      const size = unzipSync(bundle)['trace.json']?.length ?? 0
      const made = Buffer.from(changed((files) => void (files['trace.json'] = new Uint8Array(8_388_608))))
      made.writeUInt32LE(size, made.lastIndexOf('trace.json') - 46 + 24)
      return made
    }
  ],
  'another key with all hashes right': [/^key: it is sealed by/, () => resealed(() => {})],
  'a seal of another key beside the old one': [
    /signature: the seal does not fit/,
    () =>
      changed((files) => {
        const { privateKey } = generateKeyPairSync('ed25519')
        files['manifest.sig'] = new Uint8Array(sign(null, files['manifest.json'] ?? new Uint8Array(), privateKey))
      })
  ],
  'a changed event, resealed': [
    /events: line 2 has another hash id/,
    () => resealed((files) => void (files['events.jsonl'] = bytesOf(textOf(files, 'events.jsonl').replace('"storing"', '"picking"'))))
  ],
  'reordered events, resealed': [
    /events: line 1 is numbered 2/,
    () =>
      resealed(
        (files) =>
          void (files['events.jsonl'] = bytesOf(
            linesOf(files, 'events.jsonl')
              .map((line, at, all) => `${all[at === 0 ? 1 : at === 1 ? 0 : at]}\n`)
              .join('')
          ))
      )
  ],
  'an event left out at the end, resealed': [
    /counts: events\.jsonl has 2 lines/,
    () =>
      resealed(
        (files) =>
          void (files['events.jsonl'] = bytesOf(
            linesOf(files, 'events.jsonl')
              .slice(0, 2)
              .map((line) => `${line}\n`)
              .join('')
          ))
      )
  ],
  'a changed step of a journal, resealed': [
    /journals: the chain of .* breaks at step 0/,
    () => resealed((files) => void (files[journal] = bytesOf(textOf(files, journal).replace('"by":"test"', '"by":"none"'))))
  ],
  'reordered steps of a journal, resealed': [
    /journals: the chain of .* breaks at step 0/,
    () =>
      resealed(
        (files) =>
          void (files[journal] = bytesOf(
            linesOf(files, journal)
              .toReversed()
              .map((line) => `${line}\n`)
              .join('')
          ))
      )
  ],
  'a journal that ends early, resealed': [
    /journals: .* ends early/,
    () => resealed((files) => void (files[journal] = bytesOf(`${linesOf(files, journal)[0]}\n`)))
  ],
  'a journal given to another case, resealed': [
    /journals: the chain of .* breaks at step 0/,
    () => resealed((_files, manifest) => void (manifest.journals = manifest.journals.map((one) => ({ ...one, id: 'a-2' }))))
  ],
  'a journal that no case is named for, resealed': [
    /journals: journals without a case/,
    () => resealed((_files, manifest) => void (manifest.journals = []))
  ],
  'a time still to come, resealed': [
    /time: .* still to come/,
    () =>
      resealed((_files, manifest) => {
        manifest.createdAtMs += 86_400_000
        manifest.createdAt = new Date(manifest.createdAtMs).toISOString()
      })
  ],
  'a time before its events, resealed': [
    /events: line 1 was recorded after/,
    () =>
      resealed((_files, manifest) => {
        manifest.createdAtMs = Date.UTC(2020, 1)
        manifest.createdAt = manifest.knownAt = new Date(manifest.createdAtMs).toISOString()
      })
  ]
}
const journal = 'journals/0001-anomaly.jsonl'

for (const [name, [expected, make]] of Object.entries(mutants))
  test(`the verifier refuses ${name}`, () => {
    const findings = failed(make(), { trustedKeys: [keyPem] })
    assert.ok(
      findings.some((finding) => expected.test(finding)),
      `${expected} in ${JSON.stringify(findings)}`
    )
  })

test('without a key the verifier says that it did not compare it', () => {
  const verdict = check(resealed(() => {}))
  assert.equal(verdict.ok, true)
  assert.match(verdict.checks.find(({ name }) => name === 'key')?.detail ?? '', /NOT COMPARED/)
})

test('no octets make the verifier throw, and no changed octet of a file passes', () => {
  const refuse = (file: Uint8Array) => assert.equal(check(file, { trustedKeys: [keyPem] }).ok, false)
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), refuse), { numRuns: 60 })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bundle.length - 1 }), (length) => refuse(bundle.subarray(0, length))),
    { numRuns: 60 }
  )
  // The archive's own bookkeeping (times, attributes) is outside of the seal: such an octet may pass, and then every file is the same.
  const contents = (file: Uint8Array) => readZip(Buffer.from(file)).map((entry) => [entry.name, entry.read().toString('hex')])
  const whole = contents(bundle)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bundle.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, bits) => {
      const file = Buffer.from(bundle)
      file[at] = (file[at] ?? 0) ^ bits
      if (check(file, { trustedKeys: [keyPem] }).ok) assert.deepEqual(contents(file), whole)
    }),
    { numRuns: 60 }
  )
})

test('the command prints a table and ends with 0, 1 or 2', async () => {
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(new URL('verify-main.ts', import.meta.url)), ...args], {
      encoding: 'utf8',
      timeout: 20_000
    })
    return { status, text: stdout + stderr }
  }
  const [good, bad, key] = ['good.zip', 'bad.zip', 'key.pem'].map((name) => join(folder, name))
  assert.ok(good !== undefined && bad !== undefined && key !== undefined)
  await writeFile(good, bundle)
  await writeFile(bad, bundle.subarray(0, 500))
  await writeFile(key, JSON.stringify({ keys: [{ publicKeyPem: keyPem }] }))
  const whole = run(good, '--key', key)
  assert.equal(whole.status, 0, whole.text)
  assert.match(whole.text, /ok {4}signature[^]*The bundle is whole\./)
  assert.equal(run(bad).status, 1)
  assert.deepEqual([run().status, run(join(folder, 'none.zip')).status, run(good, '--key', bad).status], [2, 2, 2])
  assert.equal(createPublicKey(keyPem).asymmetricKeyType, 'ed25519')
})

test('stretches of a series that overlap are read once', () => {
  const window = (series: string, fromMs: number, toMs: number) => ({ series, fromMs, toMs })
  assert.deepEqual(mergeWindows([window('b', 5, 9), window('a', 4, 6), window('a', 1, 4), window('a', 8, 9)]), [
    window('a', 1, 6),
    window('a', 8, 9),
    window('b', 5, 9)
  ])
})
