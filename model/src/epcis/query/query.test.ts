/** Every parameter of the EPCIS query, from a URL and from a body, in a small world; what is refused; and that nothing throws. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Type } from 'typebox'
import { compileValidator } from '../../codec.ts'
import { createMasterDataLookup } from '../../master-data.ts'
import { worldContext, worldNames, worldTraceEvents, type WorldName } from './case-world.ts'
import type { QueryCase } from './case-builders.ts'
import { worldMasterData } from './case-master-data.ts'
import { combinedCases, queryCases } from './cases.ts'
import { featuresOfEvent, hintsOf, referencesOfEvent } from './hints.ts'
import { createFilterMatcher, createMatcher } from './matcher.ts'
import { fixedParameters, parameterOf } from './parameter.ts'
import { readQuery, type EpcisQuery, type QueryFinding, type QueryOptions } from './query.ts'

const world = worldTraceEvents()
const options = (form: QueryOptions['form']): QueryOptions => ({ form, context: worldContext, masterData: worldMasterData })

function read(parameters: Readonly<Record<string, unknown>>, form: QueryOptions['form']): EpcisQuery {
  const answer = readQuery(parameters, options(form))
  if (!answer.ok) assert.fail(JSON.stringify(answer.findings))
  return answer.query
}

function refused(parameters: Readonly<Record<string, unknown>>, form: QueryOptions['form'] = 'url'): readonly QueryFinding[] {
  const answer = readQuery(parameters, options(form))
  assert.ok(!answer.ok, `${JSON.stringify(parameters)} was taken`)
  return answer.findings
}

function found({ filter, nothing }: EpcisQuery): WorldName[] {
  const matches = createFilterMatcher(filter)
  return nothing ? [] : world.filter(({ event }) => matches(event, () => event.json)).map(({ name }) => name)
}

const inOrder = (names: readonly WorldName[]): WorldName[] => worldNames.filter((name) => names.includes(name))

describe('readQuery()', () => {
  const byName = Map.groupBy(queryCases, ({ name }) => name)
  for (const [name, cases] of byName) {
    it(`takes ${name} from a URL and from a body with the same meaning`, () => {
      for (const one of cases) checkCase(one)
    })
  }

  it('lets several parameters hold together', () => {
    for (const { url, body, finds } of combinedCases) {
      const [fromUrl, fromBody] = [read(url, 'url'), read(body, 'body')]
      assert.equal(fromUrl.text, fromBody.text)
      if (fromUrl.eventCountLimit === undefined) assert.deepEqual(found(fromUrl), inOrder(finds), JSON.stringify(url))
    }
  })

  it('takes the prefix of an extension from the body as well as from a header', () => {
    const body = { '@context': [{ own: 'https://ns.example.com/epcis' }], 'EQ_own:colour': ['red1'] }
    assert.deepEqual(found(read(body, 'body')), ['make'])
    const other = { '@context': { ex: 'https://elsewhere.example/' }, 'EQ_ex:colour': ['red1'] }
    const answer = readQuery(other, { form: 'body' })
    assert.deepEqual(answer.ok && found(answer.query), [])
    const inUrl = { '@context': '{"own":"https://ns.example.com/epcis"}', 'EQ_own:colour': 'red1' }
    assert.deepEqual(found(read(inUrl, 'url')), ['make'])
    const named = { '@context': 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld', 'EQ_ex:colour': 'red1' }
    assert.deepEqual(found(read(named, 'url')), ['make'], 'a context by name declares nothing')
    const undeclared = readQuery({ 'EQ_ex:colour': 'red1' }, { form: 'url' })
    assert.deepEqual(undeclared.ok && found(undeclared.query), ['make'])
  })

  it('finds an attribute of master data by its full name and by a prefix that the query declares', () => {
    const floor = 'https://ns.example.com/floor'
    const masterData = createMasterDataLookup([
      { key: 'https://id.gs1.org/414/4012345000023', attributes: { [floor]: ['2'] }, children: [] }
    ])
    const keysOf = (name: string, value: string) => {
      const answer = readQuery({ [name]: value }, { form: 'url', context: { own: 'https://ns.example.com/' }, masterData })
      return answer.ok && answer.query.filter.conditions?.flatMap((condition) => (condition.type === 'identifier' ? condition.keys : []))
    }
    for (const name of [floor, 'own:floor']) {
      assert.deepEqual(keysOf('HASATTR_bizLocation', name), ['https://id.gs1.org/414/4012345000023'], name)
      assert.deepEqual(keysOf(`EQ_ATTR_bizLocation_${name}`, '2'), ['https://id.gs1.org/414/4012345000023'], name)
    }
    assert.deepEqual(keysOf('HASATTR_bizLocation', 'other:floor'), [])
  })

  it('says of an ordering by extension which field it is', () => {
    assert.deepEqual(read({ orderBy: 'ex:count' }, 'url').orderBy, {
      prefix: 'ex',
      local: 'count',
      namespace: 'https://ns.example.com/epcis/'
    })
    assert.deepEqual(read({ orderBy: 'https://ns.example.com/epcis/count' }, 'body').orderBy, {
      prefix: 'https://ns.example.com/epcis/',
      local: 'count',
      namespace: 'https://ns.example.com/epcis/'
    })
  })

  it('knows that master data leave nothing to be found', () => {
    assert.equal(read({ HASATTR_bizLocation: 'unheardOf' }, 'url').nothing, true)
    assert.equal(read({ HASATTR_bizLocation: 'countryCode' }, 'url').nothing, false)
  })
})

function checkCase({ name, url, body, finds }: QueryCase): void {
  const queries = [read({ [name]: url }, 'url'), read({ [name]: body }, 'body')] as const
  for (const query of queries) assert.deepEqual(found(query), inOrder(finds), `${name}=${url}`)
  assert.equal(queries[0].text, queries[1].text)
}

describe('readQuery() refuses', () => {
  it('unknown names, naming the nearest known one', () => {
    const nearest = {
      EQ_bizStp: 'EQ_bizStep',
      GE_eventDate: 'GE_eventTime',
      MATCH_anyEPCs: 'MATCH_anyEPC',
      EQ_minValue_CEL: 'GT_minValue_CEL',
      GE_value_cel: 'GE_value_CEL',
      'EXIST_ex:colour': 'EXISTS_ex:colour',
      'EQ_IMLD_ex:my_colour': 'EQ_ILMD_ex:my_colour',
      'GT_readPoint_ex:count': 'EQ_readPoint_ex:count',
      eventcountLimit: 'eventCountLimit',
      HASATTR_bizLocaton: 'HASATTR_bizLocation'
    }
    for (const [name, meant] of Object.entries(nearest)) {
      const [finding] = refused({ [name]: '1' })
      assert.deepEqual([finding?.code, finding?.nearest], ['QUERY_PARAMETER_UNKNOWN', meant], name)
      assert.equal(finding?.exception, 'QueryParameterException')
    }
    assert.equal(refused({ completely_different: '1' })[0]?.nearest, undefined)
  })

  it('names that only a URL or only a body has', () => {
    assert.equal(refused({ perPage: 10 }, 'body')[0]?.code, 'QUERY_PARAMETER_UNKNOWN')
    assert.equal(readQuery({ stream: 'true' }, { form: 'url', ignored: ['stream'] }).ok, true)
  })

  it('combinations that the standard forbids', () => {
    assert.deepEqual(
      refused({ eventCountLimit: '5' }).map(({ name }) => name),
      ['eventCountLimit']
    )
    assert.deepEqual(
      refused({ eventCountLimit: '5', maxEventCount: '5', orderBy: 'eventTime' }).map(({ name }) => name),
      ['maxEventCount']
    )
  })

  it('values of a wrong type, saying what was found and what was wanted', () => {
    const wrong: readonly (readonly [form: QueryOptions['form'], name: string, value: unknown])[] = [
      ['url', 'GE_eventTime', '2026-01-01'],
      ['url', 'GE_eventTime', '2026-13-01T00:00:00Z'],
      ['url', 'GE_quantity', 'many'],
      ['url', 'GE_quantity', '1|2'],
      ['url', 'EQ_action', 'observe'],
      ['url', 'EQ_bizStep', 'shiping'],
      ['url', 'eventType', 'QuantityEvent'],
      ['url', 'EQ_readPoint', 'the gate'],
      ['url', 'EQ_readPoint', ''],
      ['url', 'EQ_readPoint', 'urn:a||urn:b'],
      ['url', 'MATCH_epc', 'urn:epc:idpat:sgtin:*.012345.*'],
      ['url', 'MATCH_epc', 'https://id.gs1.org/01/*5/21/1'],
      ['url', 'MATCH_epc', 'urn:epc:tag:sgtin-96:1.4012345.012345.1'],
      ['url', 'EXISTS_errorDeclaration', 'false'],
      ['url', 'EQ_booleanValue', '1'],
      ['url', 'EQ_hexBinaryValue', 'xyz'],
      ['url', 'GT_ex:count', 'many'],
      ['url', 'perPage', '0'],
      ['url', 'perPage', ['1', '2']],
      ['url', 'orderBy', 'colour'],
      ['url', 'orderDirection', 'asc'],
      ['body', 'EQ_bizStep', 'shipping'],
      ['body', 'EQ_bizStep', []],
      ['body', 'EQ_bizStep', [1]],
      ['body', 'GE_quantity', '1'],
      ['body', 'GE_quantity', [1]],
      ['body', 'EQ_quantity', ['1']],
      ['body', 'GE_eventTime', 1],
      ['body', 'eventCountLimit', 1.5],
      ['body', 'maxEventCount', '1'],
      ['body', 'EQ_booleanValue', 'true'],
      ['body', 'EXISTS_sensorElementList', false],
      ['body', 'GT_ex:count', 'many'],
      ['body', 'EQ_ex:count', {}],
      ['body', 'GE_value_CEL', null]
    ]
    for (const [form, name, value] of wrong) {
      const [finding] = refused({ [name]: value, ...(name === 'eventCountLimit' ? { orderBy: 'eventTime' } : {}) }, form)
      assert.equal(finding?.code, 'QUERY_PARAMETER_INVALID', `${name}=${JSON.stringify(value)}`)
      assert.ok(finding.wanted !== undefined && finding.current !== undefined)
      assert.ok(finding.message.includes(finding.wanted) && finding.message.startsWith(name), finding.message)
    }
    assert.equal(refused({ EQ_bizStep: 'shiping' })[0]?.nearest, 'shipping')
  })

  it('what would cost too much, with another exception', () => {
    const many = Array.from({ length: 1_001 }, (_, index) => `urn:example:${index}`)
    const names = Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`EQ_ex:f${index}`, 'x']))
    const lists = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`EQ_bizTransaction_t${index}`, many.slice(0, 1_000)]))
    for (const parameters of [{ EQ_readPoint: many }, { EQ_stringValue: ['x'.repeat(3_000)] }, names, lists]) {
      const exceptions = refused(Object.fromEntries(Object.entries(parameters)), 'body').map(({ exception }) => exception)
      assert.ok(exceptions.includes('QueryTooComplexException'), Object.keys(parameters)[0])
    }
  })

  it('at most ten faults at once', () => {
    assert.equal(refused(Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`wrong${index}`, '1']))).length, 10)
  })
})

describe('readQuery() and its matcher', () => {
  const names = [...fixedParameters, ...queryCases.map(({ name }) => name), 'perPage', 'nextPageToken']
  const name = fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 40 }))
  const values = queryCases.flatMap(({ url, body }) => [url, body])

  it('never throw, whatever the parameters are', () => {
    fc.assert(
      fc.property(
        fc.dictionary(name, fc.oneof(fc.constantFrom(...values), fc.jsonValue({ maxDepth: 2 }), fc.string())),
        fc.constantFrom('url', 'body'),
        (parameters, form) => {
          const answer = readQuery(parameters, options(form))
          if (answer.ok) found(answer.query)
          else for (const { code, message } of answer.findings) assert.match(`${code} ${message}`, /^QUERY_[A-Z_]+ \S/)
        }
      ),
      { numRuns: 300 }
    )
  })

  it('find what is found by each parameter alone, however many are combined', () => {
    const some = fc.uniqueArray(fc.constantFrom(...queryCases.filter(({ finds }) => finds.length > 0)), {
      maxLength: 4,
      selector: (one) => one.name
    })
    fc.assert(
      fc.property(some, (cases) => {
        const distinct = new Map(cases.map((one) => [JSON.stringify(parameterOf(one.name)), one]))
        const query = read(Object.fromEntries([...distinct.values()].map((one) => [one.name, one.url])), 'url')
        const wanted = worldNames.filter((known) => [...distinct.values()].every(({ finds }) => finds.includes(known)))
        assert.deepEqual(found(query), wanted)
        assert.equal(read(Object.fromEntries([...distinct.values()].map((one) => [one.name, one.body])), 'body').text, query.text)
      }),
      { numRuns: 500 }
    )
  })

  it('agree with what an index is told of conditions and events', () => {
    for (const { name, url } of queryCases) {
      const { filter, nothing } = read({ [name]: url }, 'url')
      for (const condition of nothing ? [] : (filter.conditions ?? [])) {
        const { features, references } = hintsOf(condition)
        const matches = createMatcher([condition])
        for (const { event } of world.filter((one) => matches(one.event, () => one.event.json))) {
          const has = featuresOfEvent(event.json)
          assert.ok(
            features.every((feature) => has.includes(feature)),
            `${name}=${url} ${event.eventID}`
          )
          const named = new Set([
            ...referencesOfEvent(event).map(({ kind, value }) => `${kind} ${value}`),
            ...event.subjects.map(({ key }) => `key ${key}`)
          ])
          const known = references?.filter(({ kind }) => kind !== 'device')
          if (known !== undefined && known.length > 0)
            assert.ok(
              known.some(({ kind, value }) => named.has(`${kind} ${value}`)),
              `${name}=${url} ${event.eventID}`
            )
        }
      }
    }
  })

  it('parse an event at most once, and only when its fact does not decide', () => {
    const parsed = (parameters: Readonly<Record<string, unknown>>): number[] => {
      const matches = createFilterMatcher(read(parameters, 'url').filter)
      return world.map(({ event }) => {
        let times = 0
        matches(event, () => {
          times += 1
          return event.json
        })
        return times
      })
    }
    const never = worldNames.map(() => 0)
    assert.deepEqual(parsed({ MATCH_anyEPC: 'urn:epc:id:sgtin:4012345.012345.1', EQ_bizStep: 'packing' }), never)
    assert.deepEqual(parsed({ GE_quantity_KGM: '1', EQ_source_owning_party: 'urn:a:b', EXISTS_errorDeclaration: 'true' }), never)
    const all = parsed({ GE_value_CEL: '-300', EQ_type: 'Temperature', 'EXISTS_ex:none': 'true', EXISTS_sensorElementList: 'true' })
    assert.deepEqual(new Set(all), new Set([1]))
  })
})

const Vectors = Type.Object({
  fixed: Type.Array(Type.Object({ name: Type.String(), alias: Type.Optional(Type.String()) })),
  patterns: Type.Array(Type.Object({ template: Type.String(), pattern: Type.String() })),
  urlOnly: Type.Array(Type.Object({ name: Type.String(), where: Type.Optional(Type.String()) }))
})

const file = new URL('../../../../../shared/testdata/epcis/query-parameters.json', import.meta.url)
const isMissing = !existsSync(file) && process.env['CI'] !== 'true'

describe(
  'the parameters of the standard',
  { skip: isMissing ? 'the file ../shared/testdata/epcis/query-parameters.json is not there' : false },
  () => {
    const vectors = () => {
      const checked = compileValidator(Vectors).check(JSON.parse(readFileSync(file, 'utf8')))
      assert.ok(checked.ok)
      return checked.value
    }
    const tested = new Set(queryCases.map((one) => one.name))
    const together = new Set(combinedCases.flatMap(({ url }) => Object.keys(url)))

    it('are all read, each with a case that says what it finds', () => {
      const { fixed, patterns, urlOnly } = vectors()
      assert.deepEqual([fixed.length, patterns.length], [61, 108])
      for (const { name, alias } of fixed) {
        assert.notEqual(parameterOf(name), undefined, name)
        if (alias !== undefined) assert.ok(tested.has(alias), alias)
        if (name !== '@context') assert.ok(tested.has(name) || together.has(name), `${name} has no case`)
      }
      for (const { template, pattern } of patterns) {
        const matching = queryCases.filter((one) => new RegExp(pattern).test(one.name))
        assert.ok(
          matching.some(({ finds }) => finds.length > 0),
          `${template} has no case that finds something`
        )
        const others = matching.filter(({ finds }) => finds.length < worldNames.length)
        assert.ok(others.length > 0, `${template} has no case that leaves something out`)
      }
      for (const { name, where } of urlOnly) if (where === undefined) assert.equal(parameterOf(name)?.family, 'page')
    })

    it('are the only ones among the fixed names', () => {
      assert.deepEqual(
        [...fixedParameters].sort(),
        vectors()
          .fixed.map(({ name }) => name)
          .sort()
      )
    })
  }
)
