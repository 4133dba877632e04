/** `GET /epcis/v2/events` with every parameter of the query, in a small world that was captured over HTTP; its pages and its refusals. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { worldContext, worldEvents, worldNameOf, worldNames, worldStartMs, type WorldName } from '@tracegate/model/epcis/query/case-world'
import { worldMasterDataHeader } from '@tracegate/model/epcis/query/case-master-data'
import { combinedCases, queryCases } from '@tracegate/model/epcis/query/cases'
import { fixedParameters } from '@tracegate/model/epcis/query/parameter'
import { authorization, createCheckedServer, createWorld } from '../harness.ts'

const root = '/epcis/v2'
const headers = { authorization, 'content-type': 'application/json', 'gs1-extensions': 'ex=https://ns.example.com/epcis/' }
const minuteMs = 60_000

/** The world captured event by event, each recorded when the cases expect it. */
async function start() {
  let nowMs = worldStartMs
  const world = await createWorld({ withAccount: false, nowMs: () => nowMs })
  const app = await createCheckedServer(world)
  const document = {
    '@context': worldContext,
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: '2026-01-01T00:00:00Z',
    epcisHeader: { epcisMasterData: { vocabularyList: worldMasterDataHeader } },
    epcisBody: { eventList: [] }
  }
  const taken = await app.inject({ method: 'POST', url: `${root}/capture`, headers, payload: document })
  assert.equal(taken.statusCode, 202, taken.body)
  for (const [index, { name, event }] of worldEvents.entries()) {
    nowMs = worldStartMs + (index + 6) * 10 * minuteMs
    const answer = await app.inject({ method: 'POST', url: `${root}/events`, headers, payload: event })
    assert.equal(answer.statusCode, 201, `${name} ${answer.body}`)
  }
  const get = (parameters: Readonly<Record<string, string>>, more: Readonly<Record<string, string>> = {}) =>
    app.inject({ url: `${root}/events?${new URLSearchParams(parameters).toString()}`, headers: { ...headers, ...more } })
  const find = async (parameters: Readonly<Record<string, string>>): Promise<WorldName[]> => {
    const answer = await get({ perPage: '100', ...parameters })
    assert.equal(answer.statusCode, 200, `${JSON.stringify(parameters)} ${answer.body}`)
    return namesOf(answer.json())
  }
  return { app, get, find, pass: (ms: number) => void (nowMs += ms) }
}

function namesOf(body: { epcisBody: { queryResults: { resultsBody: { eventList: unknown[] } } } }): WorldName[] {
  return body.epcisBody.queryResults.resultsBody.eventList.map((event) => {
    const name = worldNameOf(JSON.stringify(event))
    assert.ok(name !== undefined)
    return name
  })
}

const inOrder = (names: readonly WorldName[]): WorldName[] => worldNames.filter((name) => names.includes(name))

describe('GET /events', async () => {
  const { app, get, find, pass } = await start()

  it('finds by every parameter what it means', async () => {
    for (const { name, url, finds } of queryCases) assert.deepEqual(inOrder(await find({ [name]: url })), inOrder(finds), `${name}=${url}`)
    for (const { url, finds } of combinedCases) assert.deepEqual(inOrder(await find(url)), inOrder(finds), JSON.stringify(url))
  })

  it('finds a reading in Celsius by a question in kelvin (TCR-53 step 26)', async () => {
    assert.deepEqual((await find({ EQ_type: 'gs1:Temperature', GE_value_KEL: '290' })).sort(), ['sense', 'senseInReport'])
    assert.deepEqual(await find({ EQ_type: 'gs1:Temperature', GE_value_KEL: '299.2' }), [])
  })

  it('answers alike wherever the attributes of a sensor stand (TCR-53 step 28)', async () => {
    const questions = {
      GE_time: '2026-02-01T09:00:00Z',
      EQ_deviceID: 'urn:epc:id:giai:4000001.111',
      EQ_dataProcessingMethod: 'https://example.com/253/4012345000054987',
      EQ_bizRules: 'https://example.com/253/4012345000054978'
    }
    for (const [name, value] of Object.entries(questions))
      assert.deepEqual((await find({ [name]: value })).sort(), ['sense', 'senseInReport'], name)
  })

  it('orders by event time, record time and an extension field, both ways', async () => {
    const times = worldNames.filter((name) => name !== 'declared')
    assert.deepEqual((await find({ orderBy: 'recordTime', orderDirection: 'ASC' })).at(-1), 'declared')
    assert.deepEqual(
      (await find({ orderBy: 'eventTime', orderDirection: 'ASC' })).filter((name) => name !== 'declared'),
      times
    )
    assert.deepEqual((await find({ orderBy: 'eventTime', eventCountLimit: '2' })).length, 2)
    assert.equal((await find({ orderBy: 'eventTime', eventCountLimit: '1' }))[0], 'plain')
    for (const orderDirection of ['ASC', 'DESC']) assert.equal((await find({ orderBy: 'ex:count', orderDirection }))[0], 'make')
    assert.equal((await find({ orderBy: 'https://ns.example.com/epcis/count', eventCountLimit: '1' }))[0], 'make')
  })

  it('gives pages that together are the whole, by index, by condition and by an extension field', async () => {
    const questions: readonly Readonly<Record<string, string>>[] = [
      {},
      { 'LT_ex:count': '9' },
      { orderBy: 'ex:count' },
      { EQ_action: 'OBSERVE', orderBy: 'recordTime' }
    ]
    for (const parameters of questions) {
      const all = await find(parameters)
      const paged: WorldName[] = []
      let link: string | undefined = `${root}/events?${new URLSearchParams({ ...parameters, perPage: '2' }).toString()}`
      for (let page = 0; link !== undefined && page < 20; page += 1) {
        const answer: Awaited<ReturnType<typeof get>> = await app.inject({ url: link, headers })
        assert.equal(answer.statusCode, 200, answer.body)
        paged.push(...namesOf(answer.json()))
        link = /<([^>]+)>; ?rel="next"/.exec(String(answer.headers.link ?? ''))?.[1]
        assert.equal(answer.headers['gs1-next-page-token-expires'] === undefined, link === undefined)
      }
      assert.deepEqual(paged, all, JSON.stringify(parameters))
    }
  })

  it('takes a token for its own question only, and not after it expired or was given back', async () => {
    const first = await get({ perPage: '2', EQ_action: 'OBSERVE' })
    const token = new URL(/<([^>]+)>/.exec(String(first.headers.link))?.[1] ?? '', 'http://host').searchParams.get('nextPageToken') ?? ''
    assert.equal((await get({ perPage: '2', EQ_action: 'OBSERVE', nextPageToken: token })).statusCode, 200)
    assert.equal((await get({ perPage: '2', EQ_action: 'ADD', nextPageToken: token })).statusCode, 400)
    assert.equal((await get({ perPage: '2', EQ_action: 'OBSERVE', nextPageToken: 'rubbish' })).statusCode, 400)
    const expires = Date.parse(String(first.headers['gs1-next-page-token-expires']))
    assert.ok(Number.isFinite(expires))
    const again = await get({ perPage: '1', EQ_action: 'OBSERVE' })
    const other = new URL(/<([^>]+)>/.exec(String(again.headers.link))?.[1] ?? '', 'http://host').searchParams.get('nextPageToken') ?? ''
    const deleted = await app.inject({
      method: 'DELETE',
      url: `${root}/nextPageToken/${encodeURIComponent(other)}`,
      headers: { authorization }
    })
    assert.equal(deleted.statusCode, 204)
    assert.equal((await get({ perPage: '1', EQ_action: 'OBSERVE', nextPageToken: other })).statusCode, 400)
    pass(24 * 60 * minuteMs)
    assert.equal((await get({ perPage: '2', EQ_action: 'OBSERVE', nextPageToken: token })).statusCode, 400)
  })

  it('refuses more events than maxEventCount with QueryTooLargeException', async () => {
    assert.deepEqual(await find({ maxEventCount: '3', EQ_bizStep: 'packing' }), ['pack'])
    const answer = await get({ maxEventCount: '3' })
    assert.deepEqual([answer.statusCode, answer.json().type], [413, 'epcisException:QueryTooLargeException'])
  })

  it('refuses rubbish with a coded problem and never fails', async () => {
    const values = [
      '',
      '|',
      '*',
      'null',
      '[]',
      '{"a":1}',
      '%00',
      '\u0000',
      '1e999',
      '-',
      'urn:',
      'https://id.gs1.org/01/*',
      'x'.repeat(3_000)
    ]
    const names = [
      ...fixedParameters,
      'perPage',
      'nextPageToken',
      'EQ_ex:a',
      'GT_quantity_KGM',
      'HASATTR_x',
      'EQ_ATTR_a_b',
      '__proto__',
      'EQ_'
    ]
    for (const [index, name] of names.entries()) {
      for (const value of [values[index % values.length] ?? '', values[(index * 5 + 3) % values.length] ?? '']) {
        const answer = await get({ [name]: value })
        assert.ok([200, 400, 413].includes(answer.statusCode), `${name}=${value} ${answer.statusCode} ${answer.body}`)
        if (answer.statusCode !== 200) assert.match(answer.json().type, /^epcisException:Query\w+Exception$/, `${name}=${value}`)
      }
    }
    const unknown = await get({ EQ_bizStp: 'shipping' })
    assert.deepEqual([unknown.statusCode, unknown.json().type], [400, 'epcisException:QueryParameterException'])
    assert.match(unknown.json().detail, /did you mean EQ_bizStep\?$/)
    const many = await get({ EQ_stringValue: Array.from({ length: 1_001 }, (_, index) => index.toString(36)).join('|') })
    assert.deepEqual([many.statusCode, many.json().type], [413, 'epcisException:QueryTooComplexException'])
  })

  it('keeps pages in the order of an extension field whole while events come in', async () => {
    const counted = (name: string, count: number) => ({
      ...worldEvents[0]?.event,
      eventID: `urn:example:event:late${name}`,
      bizStep: 'holding',
      'ex:count': count
    })
    const capture = async (name: string, count: number) => {
      const answer = await app.inject({ method: 'POST', url: `${root}/events`, headers, payload: counted(name, count) })
      assert.equal(answer.statusCode, 201, answer.body)
    }
    for (const count of [1, 2, 3, 4]) await capture(`A${count}`, count * 10)
    const seen: number[] = []
    const asked = { EQ_bizStep: 'holding', orderBy: 'ex:count', orderDirection: 'ASC', perPage: '2' }
    let link: string | undefined = `${root}/events?${new URLSearchParams(asked).toString()}`
    for (let page = 0; link !== undefined && page < 10; page += 1) {
      const answer: Awaited<ReturnType<typeof get>> = await app.inject({ url: link, headers })
      for (const event of answer.json().epcisBody.queryResults.resultsBody.eventList) seen.push(event['ex:count'])
      link = /<([^>]+)>; ?rel="next"/.exec(String(answer.headers.link ?? ''))?.[1]
      // One that belongs before everything, and one that belongs after it.
      if (page === 0) {
        await capture('before', 5)
        await capture('behind', 50)
      }
    }
    assert.deepEqual(seen, [10, 20, 30, 40, 50])
  })
})
