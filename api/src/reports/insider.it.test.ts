/** An insider's report over real sockets, files and logs: whoever reads all of them afterwards learns what was told and not who told it. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { compileValidator } from '@tracegate/model/codec'
import { ReportReceived, ReportState } from '@tracegate/model/http-reports'
import { createLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedCaseStore } from '@tracegate/store/embedded-case'
import { startApi } from '../api.ts'
import { openAccounts } from '../accounts.ts'
import { createWorld } from '../harness.ts'
import { sampleJpeg, secretInImage } from './sample-images.ts'

const received = compileValidator(ReportReceived)
const states = compileValidator(ReportState)
/** Marks that stand nowhere else: agent, forwarded address, cookie, contact. */
const marks = ['InsiderBrowser/7.7', '203.0.113.77', 'insider-cookie-77', 'Zhao Insider', 'zhao@insider.example']
const hourMs = 3_600_000
/** Not at a full hour, in a millisecond that occurs nowhere else. */
const nowMs = Date.UTC(2026, 10, 24, 2, 41, 27, 913)
const words = 'The brake pads of line three are glued with the wrong resin since the first of October'

interface Sent {
  readonly status: number
  readonly body: string
}

function send(url: string, body: Buffer | string, headers: Readonly<Record<string, string>>): Promise<Sent> {
  const { promise, resolve, reject } = Promise.withResolvers<Sent>()
  const own = { 'user-agent': 'InsiderBrowser/7.7', 'x-forwarded-for': '203.0.113.77', cookie: 'a=insider-cookie-77' }
  const sent = request(url, { method: 'POST', headers: { ...own, ...headers } }, (answer) => {
    let text = ''
    answer.setEncoding('utf8')
    answer.on('data', (piece: string) => (text += piece))
    answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }))
  })
  sent.on('error', reject)
  sent.setTimeout(10_000, () => sent.destroy(new Error('no answer in 10 s')))
  sent.end(body)
  return promise
}

function allBytes(folder: string): { path: string; bytes: Buffer }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name)
    return entry.isFile() ? [{ path, bytes: readFileSync(path) }] : []
  })
}

test('neither the data folder nor the logs tell who an insider is, from where they wrote, or when beyond the hour', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-insider-'))
  let log = ''
  const destination = new Writable({
    write(chunk, _encoding, done) {
      log += String(chunk)
      done()
    }
  })
  const logger = createLogger({ level: 'debug', format: 'json', destination })
  const cases = await createEmbeddedCaseStore({ dataDir: folder })
  const world = await createWorld({ withAccount: false })
  for (const row of await world.cases.list('products')) await cases.put('products', row.id, row.document)
  await cases.put('accounts', 'nobody', {})
  const accounts = await openAccounts({ cases })
  const attachmentsFolder = join(folder, 'attachments')
  const api = await startApi({
    ...world,
    cases,
    accounts,
    logger,
    metrics: createMetrics(),
    attachmentsFolder,
    nowMs: () => nowMs,
    host: '127.0.0.1',
    port: 0
  })
  try {
    const report = { text: words, goods: { codes: ['09506000134352'], lot: 'L7' } }
    const body = JSON.stringify({ insider: true, report, reporter: { name: 'Zhao Insider', contact: 'zhao@insider.example' } })
    const answer = await send(`${api.url}/api/v1/public/reports`, body, { 'content-type': 'application/json', origin: api.url })
    assert.equal(answer.status, 200, answer.body)
    const read = received.check(JSON.parse(answer.body))
    assert.ok(read.ok)
    const { receipt, receivedAtMs } = read.value
    assert.equal(receivedAtMs, Math.floor(nowMs / hourMs) * hourMs)
    const photo = await send(`${api.url}/api/v1/public/reports/attachments`, sampleJpeg(), {
      'content-type': 'image/jpeg',
      receipt,
      origin: api.url
    })
    assert.equal(photo.status, 200, photo.body)
    const look = { 'content-type': 'application/json', origin: api.url }
    const asked = await send(`${api.url}/api/v1/public/reports/look-up`, JSON.stringify({ receipt }), look)
    const state = states.check(JSON.parse(asked.body))
    assert.ok(state.ok)
    assert.equal(state.value.attachments, 1)
    // What fails is logged; it must tell nothing either.
    await send(`${api.url}/api/v1/public/reports`, '{"insider":true,', look)
    await send(`${api.url}/api/v1/public/reports/attachments`, 'no picture', { 'content-type': 'image/jpeg', receipt, origin: api.url })
    const [head] = (await cases.heads({ kind: 'report', limit: 10 })).heads
    assert.ok(head !== undefined)
    assert.match(head.id, /^R-I-[0-9a-f]{20}$/)
    for (const step of await cases.journal('report', head.id)) assert.equal(step.atMs % hourMs, 0)
    assert.equal(await cases.nextNumber('reports-2026'), 1, 'no number of a series tells between which reports it came')
  } finally {
    await api[Symbol.asyncDispose]()
    await cases.close()
  }
  try {
    const files = allBytes(folder)
    assert.ok(
      files.some(({ bytes }) => bytes.includes(words)),
      'what was told is kept'
    )
    const iso = new Date(nowMs).toISOString()
    const times = [String(nowMs), iso, iso.slice(0, 16), String(Math.floor(nowMs / 1_000))]
    const readable = receipts(files)
    assert.deepEqual(readable, [])
    for (const { path, bytes } of [...files, { path: 'log', bytes: Buffer.from(log) }])
      for (const mark of [...marks, ...times, '127.0.0.1:', secretInImage])
        assert.ok(!bytes.includes(mark) || (path === 'log' && mark === '127.0.0.1:'), `${path} holds ${mark}`)
    for (const mark of [words, 'R-I-', '/public/reports']) assert.ok(!log.includes(mark), `the log holds ${mark}`)
    for (const { path } of files)
      if (path.startsWith(attachmentsFolder)) assert.equal(statSync(path).mtimeMs % hourMs, 0, `${path} tells when it came`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

/** Receipts in clear, which nobody may find. */
function receipts(files: readonly { readonly path: string; readonly bytes: Buffer }[]): string[] {
  return files
    .filter(({ bytes }) => /[0-9A-HJKMNP-TV-Z]{5}(?:-[0-9A-HJKMNP-TV-Z]{5}){3}/.test(bytes.toString('latin1')))
    .map(({ path }) => path)
}
