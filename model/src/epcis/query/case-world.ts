/** A small world of EPCIS events that has something for every parameter of the query. Test data only. */
import { checkEvent } from '../event.ts'
import { toTraceEvent } from '../normalise.ts'
import type { TraceEvent } from '../../trace-event.ts'

export const worldStartMs = Date.UTC(2026, 0, 1)
/** Declares the prefix of every extension in the world. */
export const worldContext = [
  'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld',
  { ex: 'https://ns.example.com/epcis/' }
] as const

const at = (minutes: number): string => new Date(worldStartMs + minutes * 60_000).toISOString()

const nested = (name: string, value: unknown) => ({ [`ex:${name}`]: { 'ex:deep': value, 'ex:list': [{ 'ex:deeper': [value] }] } })
/** A number, a time and a text, at the top and inside of another field; each holder has its own number. */
const extensions = (number: number) => ({
  'ex:count': number,
  'ex:when': `2026-03-0${number}T08:00:00+08:00`,
  'ex:colour': `red${number}`,
  ...nested('box', number)
})

const common = { eventTimeZoneOffset: '+00:00' } as const
const sgtin = (serial: number): string => `urn:epc:id:sgtin:4012345.012345.${serial}`
const uuid = (name: string): string => `urn:example:event:${name}`

/** Members of each event but its time; the keys are the names by which cases speak of them. */
const members = {
  make: {
    type: 'ObjectEvent',
    action: 'ADD',
    bizStep: 'commissioning',
    disposition: 'https://ref.gs1.org/cbv/Disp-active',
    epcList: [sgtin(1), sgtin(2)],
    readPoint: { id: 'urn:epc:id:sgln:4012345.00001.0', ...extensions(4) },
    bizLocation: { id: 'https://example.com/414/4012345000023/254/A', ...extensions(5) },
    ilmd: { 'cbvmda:lotNumber': 'L1', ...extensions(2) },
    'ex:keptAt': 'urn:epc:id:sgln:4012345.00002.A',
    ...extensions(1)
  },
  pack: {
    type: 'AggregationEvent',
    action: 'ADD',
    bizStep: 'https://ref.gs1.org/cbv/BizStep-packing',
    parentID: 'urn:epc:id:sscc:4012345.0000000001',
    childEPCs: ['https://id.gs1.org/01/04012345123456/21/1'],
    childQuantityList: [{ epcClass: 'urn:epc:class:lgtin:4012345.012345.L1', quantity: 20, uom: 'KGM' }],
    bizTransactionList: [{ type: 'po', bizTransaction: 'urn:epc:id:gdti:4012345.11111.77' }]
  },
  ship: {
    type: 'ObjectEvent',
    action: 'OBSERVE',
    bizStep: 'shipping',
    disposition: 'in_transit',
    persistentDisposition: { set: ['completeness_verified'], unset: ['https://ref.gs1.org/cbv/Disp-completeness_inferred'] },
    epcList: ['https://id.example.org/00/040123450000000016'],
    readPoint: { id: 'https://id.gs1.org/414/4012345000023/254/B' },
    sourceList: [{ type: 'possessing_party', source: 'urn:epc:id:pgln:4012345.00010' }],
    destinationList: [{ type: 'https://ref.gs1.org/cbv/SDT-owning_party', destination: 'https://id.gs1.org/417/4012345000115' }],
    bizTransactionList: [{ type: 'https://ref.gs1.org/cbv/BTT-desadv', bizTransaction: 'https://id.gs1.org/253/401234511111988' }]
  },
  mix: {
    type: 'TransformationEvent',
    bizStep: 'creating_class_instance',
    transformationID: 'urn:epc:id:gdti:4012345.11111.400',
    inputEPCList: [sgtin(2)],
    inputQuantityList: [{ epcClass: 'urn:epc:class:lgtin:4012345.054321.IN', quantity: 5_000, uom: 'GRM' }],
    outputEPCList: ['urn:epc:id:sgtin:4012345.066666.9'],
    outputQuantityList: [{ epcClass: 'https://id.gs1.org/01/04012345666663/10/OUT', quantity: 4.5, uom: 'KGM' }]
  },
  trade: {
    type: 'TransactionEvent',
    action: 'ADD',
    bizStep: 'accepting',
    parentID: 'urn:epc:id:sscc:4012345.0000000009',
    bizTransactionList: [{ type: 'inv', bizTransaction: 'https://example.com/invoices/12' }],
    quantityList: [{ epcClass: 'urn:epc:idpat:sgtin:4012345.077777.*', quantity: 120 }]
  },
  link: {
    type: 'AssociationEvent',
    action: 'ADD',
    parentID: 'urn:epc:id:giai:4000001.12345',
    childEPCs: ['urn:epc:id:grai:4012345.98765.7'],
    bizLocation: { id: 'urn:epc:id:sgln:4012345.00009.0' }
  },
  /** Reports in metadata, as most do. */
  sense: {
    type: 'ObjectEvent',
    action: 'OBSERVE',
    bizStep: 'sensor_reporting',
    readPoint: { id: 'urn:epc:id:sgln:4012345.00005.0' },
    sensorElementList: [
      {
        sensorMetadata: {
          time: '2026-02-01T10:00:00+01:00',
          deviceID: 'urn:epc:id:giai:4000001.111',
          dataProcessingMethod: 'https://example.com/253/4012345000054987',
          bizRules: 'https://example.com/253/4012345000054978',
          ...extensions(6)
        },
        sensorReport: [
          {
            type: 'Temperature',
            value: 26,
            minValue: 20,
            maxValue: 30,
            meanValue: 25,
            sDev: 2,
            percRank: 50,
            percValue: 24,
            uom: 'CEL',
            ...extensions(7)
          },
          { type: 'RelativeHumidity', value: 55, uom: 'P1' }
        ],
        ...extensions(8)
      }
    ]
  },
  /** The same device, method, rules and time in the report (TCR-53 step 28). */
  senseInReport: {
    type: 'ObjectEvent',
    action: 'OBSERVE',
    bizStep: 'sensor_reporting',
    readPoint: { id: 'urn:epc:id:sgln:4012345.00005.0' },
    sensorElementList: [
      {
        sensorReport: [
          {
            type: 'gs1:Temperature',
            time: '2026-02-01T09:00:00Z',
            deviceID: 'https://id.gs1.org/8004/4000001111',
            dataProcessingMethod: 'https://id.gs1.org/253/4012345000054987',
            bizRules: 'urn:epc:id:gdti:4012345.00005.978',
            value: 299.15,
            uom: 'KEL'
          }
        ]
      }
    ]
  },
  test: {
    type: 'ObjectEvent',
    action: 'OBSERVE',
    bizStep: 'inspecting',
    epcList: [sgtin(3)],
    sensorElementList: [
      {
        sensorMetadata: { startTime: '2026-02-02T00:00:00Z', endTime: '2026-02-03T00:00:00Z' },
        sensorReport: [
          { type: 'https://gs1.org/voc/Salinity', microorganism: 'https://www.ncbi.nlm.nih.gov/taxonomy/1126011', booleanValue: true },
          { type: 'Dimensionless', chemicalSubstance: 'https://identifiers.org/inchikey:CZMRCDWAGMRECN-UGDNZRGBSA-N', booleanValue: false },
          { type: 'Dimensionless', stringValue: 'within limits', hexBinaryValue: 'f0f0a2' },
          { type: 'Dimensionless', uriValue: 'https://id.gs1.org/253/4012345000054985' }
        ]
      }
    ]
  },
  wrong: { type: 'ObjectEvent', action: 'OBSERVE', bizStep: 'receiving', epcList: [sgtin(4)] },
  plain: { type: 'ObjectEvent', action: 'DELETE', bizStep: 'https://example.com/steps/scrapping', epcList: ['urn:epc:id:gid:1.2.3'] }
} as const
export type WorldName = keyof typeof members | 'declared'

export const worldNames: readonly WorldName[] = [...keysOf(members), 'declared']

function keysOf<Name extends string>(record: Readonly<Record<Name, unknown>>): Name[] {
  const isName = (name: string): name is Name => Object.hasOwn(record, name)
  return Object.keys(record).filter(isName)
}

/** `declared` declares `wrong` wrong: it has its eventID, as EPCIS 2.0 §7.4.1.2 asks. */
const declaration = {
  ...members.wrong,
  eventID: uuid('wrong'),
  errorDeclaration: {
    declarationTime: '2026-04-01T00:00:00Z',
    reason: 'https://ref.gs1.org/cbv/ER-incorrect_data',
    correctiveEventIDs: [uuid('make')],
    ...extensions(3)
  }
}

/** The events as documents have them: with eventID and eventTime, ten minutes apart. */
export const worldEvents: readonly { readonly name: WorldName; readonly event: Readonly<Record<string, unknown>> }[] = [
  ...keysOf(members).map((name, index) => ({
    name,
    event: { ...common, ...members[name], eventID: uuid(name), eventTime: at(index * 10) }
  })),
  { name: 'declared', event: { ...common, ...declaration, eventTime: at(90) } }
]

/** The same as a store takes them; recorded an hour after they happened. Throws where one is not valid. */
export function worldTraceEvents(): { readonly name: WorldName; readonly event: TraceEvent }[] {
  return worldEvents.map(({ name, event }, index) => {
    const checked = checkEvent(event)
    if (!checked.ok) throw new TypeError(`world event ${name}: ${JSON.stringify(checked.findings)}`)
    return { name, event: toTraceEvent(checked.event, { recordTimeMs: worldStartMs + (index + 6) * 600_000, context: worldContext }) }
  })
}

/** Which of the world's events a text is. */
export function worldNameOf(json: string): WorldName | undefined {
  if (json.includes('"errorDeclaration"')) return 'declared'
  const name = /"eventID":"urn:example:event:(\w+)"/.exec(json)?.[1]
  return worldNames.find((known) => known === name)
}
