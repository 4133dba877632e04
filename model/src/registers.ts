/** The registers: parties, monitoring points with their places, devices, products and the profiles their goods need. */
import { Type, type Static } from 'typebox'
import { BilingualText } from './text.ts'
import { MetricDeclaration, DeviceIdentity } from './state.ts'
import { TimeMs } from './wire.ts'

const Name = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })
/** A key of the trace graph: a canonical GS1 Digital Link, e.g. `https://id.gs1.org/414/9506000134338`. */
export const TraceKey = Type.String({ pattern: '^https://id\\.gs1\\.org/', maxLength: 512 })
export type TraceKey = Static<typeof TraceKey>

const Gln = Type.String({ pattern: '^\\d{13}$' })
const Country = Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2' })
const Line = Type.String({ maxLength: 256 })

export const partyRoles = ['manufacturer', 'exporter', 'carrier', 'importer', 'retailer', 'authority', 'operator'] as const
export type PartyRole = (typeof partyRoles)[number]

export const Party = Type.Object({
  gln: Gln,
  key: TraceKey,
  name: BilingualText,
  country: Type.Optional(Country),
  roles: Type.Array(Type.Enum(partyRoles)),
  contact: Type.Optional(Type.String({ maxLength: 256, description: 'Whom to reach when goods must be found' })),
  phone: Type.Optional(Type.String({ maxLength: 64 })),
  email: Type.Optional(Type.String({ maxLength: 254 })),
  address: Type.Optional(Line),
  companyPrefixLength: Type.Optional(
    Type.Integer({ minimum: 4, maximum: 12, description: 'Digits of the GS1 Company Prefix in its GLN: what an EPC URN needs' })
  )
})
export type Party = Static<typeof Party>

export const pointKinds = ['factory', 'quay', 'reeferYard', 'gate', 'bondedStore', 'dock', 'laboratory', 'market', 'shop'] as const
export type PointKind = (typeof pointKinds)[number]

/** Which series watches a place, and for what. */
export const Watch = Type.Object({
  device: Name,
  metric: Type.String(),
  quantity: Type.Union([
    Type.Literal('temperature'),
    Type.Literal('humidity'),
    Type.Literal('door'),
    Type.Literal('compressor'),
    Type.Literal('power'),
    Type.Literal('setPoint')
  ]),
  unit: Type.String()
})
export type Watch = Static<typeof Watch>

export const placeKinds = ['chamber', 'container', 'yard', 'gate', 'dock', 'laboratory', 'site'] as const
export type PlaceKind = (typeof placeKinds)[number]

export const Place = Type.Object({
  key: TraceKey,
  point: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'The monitoring point; none for a place of others' })),
  name: BilingualText,
  kind: Type.Enum(placeKinds),
  /** The profile whose limits hold here; none where goods are not kept at a temperature. */
  profile: Type.Optional(Name),
  watches: Type.Array(Watch),
  parent: Type.Optional(TraceKey),
  party: Type.Optional(Type.String({ pattern: '^\\d{13}$', description: 'GLN of the party that runs it' })),
  country: Type.Optional(Country),
  address: Type.Optional(Line),
  latitude: Type.Optional(Type.Number({ minimum: -90, maximum: 90 })),
  longitude: Type.Optional(Type.Number({ minimum: -180, maximum: 180 }))
})
export type Place = Static<typeof Place>

export const MonitoringPoint = Type.Object({
  id: Name,
  key: TraceKey,
  name: BilingualText,
  kind: Type.Enum(pointKinds),
  unlocode: Type.String({ pattern: '^[A-Z]{2}[A-Z2-9]{3}$' }),
  latitude: Type.Number({ minimum: -90, maximum: 90 }),
  longitude: Type.Number({ minimum: -180, maximum: 180 }),
  operator: Type.String({ pattern: '^\\d{13}$', description: 'GLN of the party that runs it' }),
  industries: Type.Array(Type.String()),
  places: Type.Array(TraceKey)
})
export type MonitoringPoint = Static<typeof MonitoringPoint>

export const Device = Type.Object({
  point: Name,
  id: Name,
  kind: Type.Union([
    Type.Literal('plc'),
    Type.Literal('probe'),
    Type.Literal('opticalReader'),
    Type.Literal('rfidReader'),
    Type.Literal('edge'),
    Type.Literal('recording')
  ]),
  name: BilingualText,
  place: Type.Optional(TraceKey),
  online: Type.Boolean(),
  boot: Type.Optional(Type.String()),
  lastSeenMs: Type.Optional(TimeMs),
  identity: Type.Optional(DeviceIdentity),
  metrics: Type.Array(MetricDeclaration)
})
export type Device = Static<typeof Device>

/** Units that a profile's temperatures may be given in; readings in any of them are converted. */
export const profileUnits = ['Cel', 'K', '[degF]'] as const

/** What goods of a kind must be kept at, in the profile's own unit. */
export const ProductProfile = Type.Object({
  id: Name,
  version: Type.Integer({ minimum: 1 }),
  name: BilingualText,
  quantity: Type.Literal('temperature'),
  unit: Type.Enum(profileUnits),
  low: Type.Optional(Type.Number()),
  high: Type.Optional(Type.Number()),
  deadBand: Type.Number({ minimum: 0, description: 'A value must come back inside the limit by this much to count as in' }),
  onDelayMs: Type.Integer({ minimum: 0, description: 'How long out of limits, in reading time, before an anomaly opens' }),
  offDelayMs: Type.Integer({ minimum: 0, description: 'How long back inside, in reading time, before it closes' }),
  degreeMinutesMax: Type.Optional(Type.Number({ description: 'Cumulative degree-minutes outside the limits that goods may take' })),
  outsideMsMax: Type.Optional(
    Type.Integer({ minimum: 0, description: 'Cumulative time outside the limits that goods may take; no bound when left out' })
  ),
  cumulativeWindowMs: Type.Optional(
    Type.Integer({
      minimum: 60_000,
      description: 'Time over which both sums are taken; the window of the mean kinetic temperature when left out'
    })
  ),
  meanKineticTemperatureMax: Type.Optional(Type.Number()),
  meanKineticWindowMs: Type.Integer({ minimum: 60_000 }),
  recordingIntervalMaxMs: Type.Integer({
    minimum: 1_000,
    description:
      'Longest allowed time between two recorded readings (GSP annex on temperature monitoring: 30 min in storage, 5 min in transport)'
  }),
  recordingIntervalOutsideMaxMs: Type.Optional(
    Type.Integer({
      minimum: 1_000,
      description: 'The same while out of limits; 2 min, as that annex has it, when left out, or the one above if shorter'
    })
  ),
  source: Type.String({ description: 'Where the figures come from' })
})
export type ProductProfile = Static<typeof ProductProfile>

export const hazards = ['health', 'physical', 'chemical', 'biological', 'environmental'] as const
export type Hazard = (typeof hazards)[number]

export const regimes = ['general', 'food'] as const
export type Regime = (typeof regimes)[number]

export const Product = Type.Object({
  gtin: Type.String({ pattern: '^\\d{14}$' }),
  key: TraceKey,
  name: BilingualText,
  brand: Type.String(),
  hsCode: Type.Optional(Type.String({ pattern: '^\\d{6}$', description: 'Subheading of the Harmonized System' })),
  manufacturer: Type.Optional(Gln),
  profile: Type.Optional(Name),
  regime: Type.Enum(regimes),
  /** Harm to be expected when the goods of this product go wrong in the way its profile guards against. 1 to 4. */
  harm: Type.Integer({ minimum: 1, maximum: 4 }),
  hazard: Type.Enum(hazards),
  inspectionRequired: Type.Boolean(),
  originCountry: Type.Optional(Country),
  netContent: Type.Optional(Line),
  description: Type.Optional(Type.String({ maxLength: 2_048 }))
})
export type Product = Static<typeof Product>

/** Names of the registers in the case store. */
export const registerNames = [
  'parties',
  'points',
  'places',
  'devices',
  'products',
  'profiles',
  'accounts',
  'credentials',
  'settings',
  'masterData',
  'companyPrefixes',
  'links',
  'captureJobs',
  'queries',
  'subscriptions',
  'deliveries',
  'policies',
  'rules',
  'laboratories',
  'experts',
  'tradeMeasures',
  'catalogue',
  'alertSubscriptions',
  'attachments',
  'reporters'
] as const
export type RegisterName = (typeof registerNames)[number]
