/** The story of a failed compressor from its draft to the lifted warning, told through the public HTTP interface. It starts and ends no product. */
import assert from 'node:assert/strict'
import { readCap } from '@tracegate/model/cap-read'
import type { CapAlert } from '@tracegate/model/cap'
import { ControlLists, MeasureAnswer, MeasuresOrdered } from '@tracegate/model/http-measures'
import { PublicationReceiptsList } from '@tracegate/model/http-publication'
import type { WarningCase } from '@tracegate/model/warning'
import { journalOf, lift, publish, text, type People, type Person } from './decision.ts'
import { waitFor } from './product.ts'

const waitMs = 30_000
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=', 'base64')

export interface CompressorStory {
  readonly people: People
  readonly warning: WarningCase
  /** Puts the machine right and resolves when the anomaly is closed. */
  mend(): Promise<void>
}

export async function tellCompressorStory(story: CompressorStory): Promise<void> {
  const { people, warning } = story
  const { first, anybody } = people
  const { id, point = '' } = warning
  assert.equal((await anybody.ask(`/api/v1/warnings/${id}`)).status, 401, 'a draft is nobody else’s')
  const published = await publish(people, id, {
    kind: 'bulletin',
    level: 'II',
    controlInstruction: text('Hold the goods of the chamber at the gate'),
    measuresStated: ['sealDetain']
  })
  assert.equal(published.status, 'published')
  const number = published.number ?? ''
  assert.match(number, /^TG-\d{4}-\d{4}$/)
  assert.deepEqual([published.version, published.policyVersion, published.level], [1, 1, 'II'])

  const alert = await capAt(first, `/cap/${number}.1.xml`)
  assert.deepEqual([alert.status, alert.msgType, alert.scope], ['Actual', 'Alert', 'Private'])
  assert.deepEqual(new Set(alert.infos.map(({ language }) => language)), new Set(['en-GB', 'zh-CN']))
  assert.equal((await anybody.ask(`/cap/${number}.1.xml`)).status, 404, 'a bulletin is for ports, not for the public')

  const measure = await orderAndCarryOut(people, { warning: id, point })
  await story.mend()
  const lifted = await lift(people, id)
  assert.equal(lifted.status, 'lifted')
  const after = await first.get(MeasureAnswer, `/api/v1/measures/${measure}`)
  assert.equal(after.status, 'withdrawn', 'with its ground gone the seal comes off')
  await waitFor('the control orders to be lifted', waitMs, async () => {
    const { lists } = await first.get(ControlLists, `/api/v1/control/${point}`)
    return lists.flatMap(({ orders }) => orders).every((order) => order.reference.measure !== measure || order.action === 'release')
      ? true
      : undefined
  })
  const cancel = await capAt(first, `/cap/${number}.2.xml`)
  assert.equal(cancel.msgType, 'Cancel')
  assert.ok(
    cancel.references?.some(({ identifier }) => identifier === alert.identifier),
    'the end refers to the beginning'
  )
  assert.ok(cancel.infos.every(({ responseTypes }) => responseTypes.includes('AllClear')))
  assert.deepEqual(
    (await journalOf(people, id)).filter((action) => action !== 'updated' && action !== 'linked'),
    ['drafted', 'assessed', 'approved', 'published', 'lifted']
  )
  const { items } = await first.get(PublicationReceiptsList, `/api/v1/warnings/${id}/publications`)
  assert.deepEqual(items.map(({ event }) => event).sort(), ['lifted', 'published'])
}

/** Seal and detain at the point: the order reaches its scanners, is acknowledged, done with a proof, and evaluated. */
async function orderAndCarryOut(
  { first }: People,
  { warning, point }: { readonly warning: string; readonly point: string }
): Promise<string> {
  const { items } = await first.post(MeasuresOrdered, '/api/v1/measures', {
    type: 'sealDetain',
    warning,
    addressees: [{ type: 'point', point }],
    instruction: text('Seal the chamber'),
    why: 'the goods may be spoilt'
  })
  const [measure] = items
  assert.ok(measure !== undefined && items.length === 1)
  await waitFor('the scanners of the point to be told', waitMs, async () => {
    const answer = await first.ask(`/api/v1/control/${point}`)
    return answer.status === 200 && answer.text.includes(measure.id) ? true : undefined
  })
  const act = (body: object) => first.post(MeasureAnswer, `/api/v1/measures/${measure.id}/actions`, body)
  await act({ type: 'acknowledge' })
  await act({ type: 'start' })
  const bare = await first.ask(`/api/v1/measures/${measure.id}/actions`, { type: 'done', text: 'sealed' })
  assert.ok(bare.status >= 400 && bare.status < 500, 'done without a proof')
  const upload = await first.ask('/api/v1/attachments', png, 'image/png')
  assert.equal(upload.status, 200, upload.text)
  const attachment: unknown = JSON.parse(upload.text)
  assert.ok(typeof attachment === 'object' && attachment !== null && 'id' in attachment)
  await act({ type: 'done', text: 'sealed', proof: [{ attachment: attachment.id }] })
  const evaluated = await first.post(MeasureAnswer, `/api/v1/measures/${measure.id}/decisions`, {
    type: 'evaluate',
    verdict: 'effective',
    text: 'nothing left the chamber'
  })
  assert.equal(evaluated.status, 'evaluated')
  return measure.id
}

/** The CAP file when it is out, read strictly. */
export async function capAt(person: Person, path: string): Promise<CapAlert> {
  const file = await waitFor(path, waitMs, async () => {
    const answer = await person.ask(path)
    return answer.status === 200 ? answer.text : undefined
  })
  const read = readCap(file)
  assert.ok(read.ok, read.ok ? '' : JSON.stringify(read.findings))
  return read.alert
}
