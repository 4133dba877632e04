/** Notices of recalls against a real mail server: whom they reach, what is recorded, a server that is down, restarts, and drills. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { compileValidator } from '@tracegate/model/codec'
import { RecallProgress } from '@tracegate/model/recall-progress'
import { fittingStep, report } from '@tracegate/model/recall-testing'
import type { RecallStepType } from '@tracegate/model/recall-steps'
import { authorization, createWorld, itemOf, startMs, traceEvent, vaccine, type World } from '../harness.ts'
import type { MailSettings } from '../publication/mail.ts'
import { startPublishing, until } from '../publication/test-world.ts'

const shops = ['9506000134400', '9506000134417', '9506000134424', '9506000134431'] as const
const progressOf = compileValidator(RecallProgress)
const id = 'R-2026-000001'

async function startMailServer(port = 0) {
  const mails: { readonly to: string; readonly raw: string }[] = []
  const server = new SMTPServer({
    logger: false,
    authOptional: true,
    closeTimeout: 50,
    onRcptTo({ address }, _session, done) {
      if (!address.startsWith('gone')) return done()
      return done(Object.assign(new Error('no such user'), { responseCode: 550 }))
    },
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        mails.push({ to: envelope.rcptTo.map(({ address }) => address).join(), raw: Buffer.concat(chunks).toString() })
        done()
      })
    }
  })
  server.on('error', () => undefined)
  const listening = server.listen(port, '127.0.0.1')
  await new Promise<void>((resolve) => listening.once('listening', resolve))
  const address = listening.address()
  return {
    mails,
    port: address !== null && typeof address === 'object' ? address.port : 0,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve()))
  }
}

const settingsOf = (port: number): MailSettings => ({ host: '127.0.0.1', port, security: 'none', from: 'Recalls <recalls@example.org>' })

/** A unit in each of the first shops; the second has an address that is refused, the third none. */
async function createStory(count = 3) {
  const world = await createWorld({ withAccount: false })
  const emails = ['here@example.org', 'gone@example.org', undefined, 'late@example.org']
  for (const [at, gln] of shops.entries()) {
    const email = emails[at]
    const party = { gln, key: `https://id.gs1.org/417/${gln}`, name: { zh: `店${at}`, en: `Shop ${at}` }, roles: ['retailer'] }
    await world.cases.put('parties', gln, email === undefined ? party : { ...party, email })
  }
  for (let at = 0; at < count; at += 1) await stock(world, at)
  return world
}

async function stock(world: World, at: number): Promise<void> {
  const bizLocation = `https://id.gs1.org/414/${shops[at] ?? ''}`
  const objects = [itemOf(vaccine, `S${at}`)]
  await world.trace.capture([traceEvent({ id: `get-${at}`, atMs: startMs, objects, action: 'ADD', bizStep: 'commissioning', bizLocation })])
}

async function runRecall({ context }: World, drill = false): Promise<void> {
  const { recalls } = context
  const take = (type: RecallStepType, change: object = {}) =>
    recalls.book.act({ id, by: 'test', why: 'test', decide: (state) => ({ ...fittingStep(type, state, Date.now()), ...change }) })
  await take('reported', { report: { ...report, products: [vaccine], drill } })
  await take('planned')
  await recalls.freeze({ id, principal: undefined, asked: { of: [vaccine] } })
  await take('noticePublished')
  await take('started')
}

type Api = Awaited<ReturnType<typeof startPublishing>>
async function stateOf(api: Api, at: number) {
  const response = await api.get(`/api/v1/recalls/${id}/progress`, { authorization })
  const read = progressOf.check(await response.json())
  assert.ok(read.ok)
  return read.value.holders.find(({ key }) => key.endsWith(shops[at] ?? '-'))
}
const contactedSteps = async ({ cases }: World) => (await cases.journal('recall', id)).filter(({ action }) => action === 'contacted')

test('holders are written to at the start and when a scope adds them, once each, and each outcome is a step', async () => {
  await using mail = await startMailServer()
  const world = await createStory()
  {
    await using api = await startPublishing({ publication: { mail: settingsOf(mail.port) } }, world)
    await runRecall(world)
    await until('the refusal', async () => (await stateOf(api, 1))?.mail?.state === 'dead')
    const sent = await until('the mail', async () => ((await stateOf(api, 0))?.mail?.state === 'sent' ? stateOf(api, 0) : undefined))
    assert.deepEqual([sent?.status, sent?.notified], ['sent', true])
    assert.match((await stateOf(api, 1))?.mail?.failure ?? '', /550/)
    assert.deepEqual((await stateOf(api, 2))?.mail, { state: 'noAddress' })
    assert.deepEqual(
      mail.mails.map(({ to }) => to),
      ['here@example.org']
    )
    assert.match(mail.mails[0]?.raw ?? '', new RegExp(`Message-ID: <recall\\.${id}\\.1\\.`, 'i'))
  }
  const steps = await contactedSteps(world)
  assert.deepEqual(new Set(steps.map(({ by, why }) => `${by} ${why}`)), new Set(['tracegate/mail notice by e-mail']))
  await using again = await startPublishing({ publication: { mail: settingsOf(mail.port) } }, world)
  await stock(world, 3)
  await world.context.recalls.freeze({ id, principal: undefined, reason: 'another shop' })
  await until('the new holder', async () => (await stateOf(again, 3))?.mail?.state === 'sent')
  assert.deepEqual(
    mail.mails.map(({ to }) => to),
    ['here@example.org', 'late@example.org']
  )
})

test('without a mail server nothing is sent and it is said why; what failed or waited goes out after a restart', async () => {
  const world = await createStory(1)
  {
    await using api = await startPublishing({}, world)
    await runRecall(world)
    const holder = await stateOf(api, 0)
    assert.deepEqual([holder?.mail, holder?.notified, holder?.status], [{ state: 'noMailServer' }, false, undefined])
  }
  assert.equal((await contactedSteps(world)).length, 0)
  const port = await (async () => {
    await using free = await startMailServer()
    return free.port
  })()
  {
    await using api = await startPublishing({ publication: { mail: settingsOf(port) } }, world)
    const holder = await until('a failure', async () => ((await stateOf(api, 0))?.mail?.state === 'failed' ? stateOf(api, 0) : undefined))
    assert.deepEqual([holder?.status, holder?.notified], ['failed', false])
  }
  await using mail = await startMailServer(port)
  await using api = await startPublishing({ publication: { mail: settingsOf(port) } }, world)
  await until('the mail', async () => (await stateOf(api, 0))?.status === 'sent')
  assert.equal(mail.mails.length, 1)
})

test('holders of a drill are not written to', async () => {
  await using mail = await startMailServer()
  const world = await createStory(1)
  await using api = await startPublishing({ publication: { mail: settingsOf(mail.port) } }, world)
  await runRecall(world, true)
  assert.deepEqual((await stateOf(api, 0))?.mail, { state: 'drill' })
  assert.equal((await contactedSteps(world)).length + mail.mails.length, 0)
})
