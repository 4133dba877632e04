/** What can be set of the rules by which readings are judged, and what is in effect where nobody set anything. It judges nothing. */
import { Type, type Static, type TSchema } from 'typebox'
import { climatologyPeriods } from '../qartod-climatology.ts'

const closed = { additionalProperties: false } as const
const Positive = (description: string) => Type.Number({ exclusiveMinimum: 0, description })
const Ms = (description: string) => Type.Integer({ minimum: 0, maximum: 31_622_400_000, description })
const Span = (description: string) => Type.Tuple([Type.Number(), Type.Number()], { description })
const byQuantity = <Schema extends TSchema>(schema: Schema) => Type.Object({ temperature: schema, humidity: schema }, closed)

const RangeOfQuantity = Type.Object(
  { failSpan: Span('Outside of it no such sensor can be'), suspectSpan: Span('Outside of it is odd') },
  closed
)
const Rate = Type.Object(
  { suspectPerSecond: Positive('Faster than this is odd, in the unit a second'), failPerSecond: Positive('Faster than this is wrong') },
  closed
)
const Spike = Type.Object(
  {
    suspect: Positive('A reading that differs from both neighbours by more, in the same direction, is a spike'),
    fail: Positive('… and surely wrong'),
    intervalMsMax: Ms('Of a series with longer steps nothing can be told')
  },
  closed
)
const FlatLine = Type.Object(
  {
    tolerance: Positive('Readings that span less did not change'),
    durationMs: Ms('How long a live sensor may not change'),
    countMin: Type.Integer({ minimum: 2, description: 'Fewest readings that show it' })
  },
  closed
)
const Attenuated = Type.Object(
  {
    periodMs: Type.Integer({ minimum: 12_000, description: 'Time that is looked at' }),
    rangeMin: Positive('Least range of a live sensor in it')
  },
  closed
)
const Neighbour = Type.Object(
  {
    tolerance: Positive('How far a sensor may part from the median of the other ones of its place, beyond its usual difference'),
    usualMax: Positive('Largest difference that is taken for usual'),
    forMs: Ms('How long it must be apart; the on-delay of the profile when that is shorter'),
    sharedShare: Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'When the others left their usual range by at least this share of its own way, it is not alone: the place changes'
    })
  },
  closed
)
const Climatology = Type.Array(
  Type.Object(
    {
      quantity: Type.Enum(['temperature', 'humidity'] as const),
      point: Type.Optional(Type.String({ maxLength: 64 })),
      period: Type.Enum(climatologyPeriods),
      timeSpan: Span('In units of the period, both ends inside'),
      suspectSpan: Span('Outside of it in that season is odd'),
      failSpan: Type.Optional(Span('Outside of it is wrong'))
    },
    closed
  ),
  { maxItems: 64 }
)

export const readingParameters = {
  grossRange: byQuantity(RangeOfQuantity),
  climatology: Type.Object({ members: Climatology }, closed),
  spike: byQuantity(Spike),
  rate: byQuantity(Rate),
  flatLine: byQuantity(FlatLine),
  attenuated: byQuantity(Attenuated),
  neighbour: byQuantity(Neighbour),
  gap: Type.Object(
    {
      intervals: Positive('How many of its own intervals a device may be silent'),
      leastMs: Ms('Silence up to this is none'),
      togetherMs: Ms('Devices of one point that fall silent within it of each other have one cause')
    },
    closed
  ),
  recordingInterval: Type.Object(
    { countMin: Type.Integer({ minimum: 1, description: 'How many steps in a row must be too long, or right again' }) },
    closed
  ),
  clock: Type.Object(
    {
      behindMs: Ms('A clock that runs steadily behind by more is wrong'),
      aheadMs: Ms('A clock that runs ahead by more is wrong'),
      steadyMs: Ms('A wrong clock keeps its distance to within this; a backlog comes closer'),
      forMs: Ms('How long it must do so')
    },
    closed
  ),
  limits: Type.Object({}, closed),
  cumulative: Type.Object(
    { clearShare: Type.Number({ minimum: 0, maximum: 1, description: 'Closes below this share of the budget' }) },
    closed
  ),
  meanKinetic: Type.Object(
    {
      coverShare: Type.Number({ minimum: 0, maximum: 1, description: 'Share of the window that must be known' }),
      deadBand: Type.Number({ minimum: 0, description: 'In kelvin' })
    },
    closed
  ),
  grouping: Type.Object(
    {
      togetherMs: Ms('Sensors of one device that show the same fault within it have one cause'),
      reopenMs: Ms('What comes back within it is the same anomaly again, and its returns are counted')
    },
    closed
  )
} as const
export type RuleName = keyof typeof readingParameters
export type ReadingParameters = { readonly [Name in RuleName]: Static<(typeof readingParameters)[Name]> }

export const readingDefaults: ReadingParameters = {
  grossRange: {
    temperature: { failSpan: [-90, 150], suspectSpan: [-60, 80] },
    humidity: { failSpan: [0, 100], suspectSpan: [1, 100] }
  },
  climatology: { members: [] },
  spike: {
    temperature: { suspect: 5, fail: 10, intervalMsMax: 60_000 },
    humidity: { suspect: 30, fail: 50, intervalMsMax: 60_000 }
  },
  rate: {
    temperature: { suspectPerSecond: 2, failPerSecond: 5 },
    humidity: { suspectPerSecond: 20, failPerSecond: 50 }
  },
  flatLine: {
    temperature: { tolerance: 1e-6, durationMs: 300_000, countMin: 20 },
    humidity: { tolerance: 1e-6, durationMs: 900_000, countMin: 20 }
  },
  attenuated: {
    temperature: { periodMs: 3_600_000, rangeMin: 0.005 },
    humidity: { periodMs: 7_200_000, rangeMin: 0.05 }
  },
  neighbour: {
    temperature: { tolerance: 1.5, usualMax: 2, forMs: 60_000, sharedShare: 0.2 },
    humidity: { tolerance: 12, usualMax: 15, forMs: 60_000, sharedShare: 0.2 }
  },
  gap: { intervals: 5, leastMs: 10_000, togetherMs: 30_000 },
  recordingInterval: { countMin: 2 },
  clock: { behindMs: 300_000, aheadMs: 60_000, steadyMs: 3_000, forMs: 10_000 },
  limits: {},
  cumulative: { clearShare: 0.9 },
  meanKinetic: { coverShare: 0.5, deadBand: 0.1 },
  grouping: { togetherMs: 60_000, reopenMs: 600_000 }
}
