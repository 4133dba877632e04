/** An EPCIS repository over stores in memory, asked over HTTP, for tests. Nothing of the product imports it. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { authorization, createCheckedServer, createWorld, type World } from '../../harness.ts'

export const headers = { authorization, 'content-type': 'application/json' }
export const vectors = new URL('../../../../../shared/testdata/epcis/', import.meta.url)
export const missing = existsSync(vectors) || process.env['CI'] === 'true' ? false : 'the folder of test data is not there'

export const event = (change: object = {}) => ({
  type: 'ObjectEvent',
  eventID: 'urn:uuid:11111111-1111-4111-8111-111111111111',
  eventTime: '2026-11-23T08:00:00.000+08:00',
  eventTimeZoneOffset: '+08:00',
  action: 'OBSERVE',
  bizStep: 'shipping',
  epcList: ['urn:epc:id:sgtin:9506000.013435.1'],
  readPoint: { id: 'urn:epc:id:sgln:9506000.13433.0' },
  ...change
})
export const document = (...eventList: object[]) => ({
  '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
  type: 'EPCISDocument',
  schemaVersion: '2.0',
  creationDate: '2026-11-23T00:00:00Z',
  epcisBody: { eventList }
})
export const numbered = (number: number, change: object = {}) =>
  event({ eventID: `urn:uuid:11111111-1111-4111-8111-${String(number).padStart(12, '0')}`, ...change })

export async function start(given?: World) {
  const world = given ?? (await createWorld({ withAccount: false }))
  const app = await createCheckedServer(world)
  const capture = async (body: object | string, more: Record<string, string> = {}) => {
    const answer = await app.inject({ method: 'POST', url: '/epcis/v2/capture', headers: { ...headers, ...more }, payload: body })
    if (answer.statusCode !== 202) return { answer, job: undefined }
    const deadline = performance.now() + 5_000
    for (;;) {
      const job = (await app.inject({ url: String(answer.headers.location), headers })).json()
      if (job.running !== true || performance.now() > deadline) return { answer, job }
      await wait(5)
    }
  }
  const query = (text: string, more: Record<string, string> = {}) =>
    app.inject({ url: `/epcis/v2/events${text}`, headers: { ...headers, ...more } })
  const ids = async (text: string): Promise<string[]> => {
    const answer = await query(text)
    assert.equal(answer.statusCode, 200, answer.body)
    return answer.json().epcisBody.queryResults.resultsBody.eventList.map((one: { eventID: string }) => one.eventID)
  }
  return { world, app, capture, query, ids }
}
