/** Who wants to hear of which notices, and whether one fits: precise push (task 10). Pure. */
import { Type, type Static } from 'typebox'
import { audienceNames, noticeKinds, type AudienceName } from './policy/channels.ts'
import { warningLevels } from './warning.ts'
import type { PublicNotice } from './notice.ts'
import { TimeMs } from './wire.ts'

const listMax = 100
const closed = { additionalProperties: false } as const
const list = <const Item extends Parameters<typeof Type.Array>[0]>(item: Item, description: string) =>
  Type.Optional(Type.Array(item, { maxItems: listMax, uniqueItems: true, description }))

/** Every facet that is given must fit; one of its values is enough. */
export const AlertFilter = Type.Object(
  {
    hsPrefixes: list(Type.String({ pattern: '^\\d{2,10}$' }), 'Harmonized System, from the chapter on'),
    brands: list(Type.String({ minLength: 1, maxLength: 128 }), 'In any case and width'),
    products: list(Type.String({ pattern: '^\\d{8,14}$' }), 'GTIN'),
    lots: list(
      Type.Object({ gtin: Type.String({ pattern: '^\\d{8,14}$' }), lot: Type.String({ minLength: 1, maxLength: 20 }) }, closed),
      'Lots of a product'
    ),
    ports: list(Type.String({ pattern: '^[A-Z]{2}[A-Z2-9]{3}$' }), 'UN/LOCODE of the area or of the audience'),
    points: list(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }), 'Monitoring points'),
    levels: list(Type.Enum(warningLevels), 'Recall notices have no level and are not held back by it'),
    kinds: list(Type.Enum(noticeKinds), 'Without it every kind')
  },
  closed
)
export type AlertFilter = Static<typeof AlertFilter>

export const alertChannels = ['email', 'webhook'] as const
/** waiting: not confirmed yet; stopped: by its owner, or because its receiver is gone. */
export const alertStatuses = ['waiting', 'active', 'stopped'] as const

/** A row of the register `alertSubscriptions`. */
export const AlertSubscription = Type.Object({
  id: Type.String(),
  channel: Type.Enum(alertChannels),
  address: Type.String({ maxLength: 2_048 }),
  language: Type.Union([Type.Literal('zh'), Type.Literal('en')]),
  filter: AlertFilter,
  /** each: a mail as it comes; daily: once a day all together. */
  rhythm: Type.Union([Type.Literal('each'), Type.Literal('daily')]),
  audience: Type.Enum(audienceNames),
  drills: Type.Boolean(),
  status: Type.Enum(alertStatuses),
  /** Stands in the links of its mails: who has it may confirm and end the subscription, nothing more. */
  token: Type.String(),
  /** Of a webhook: keys the signature. */
  secret: Type.Optional(Type.String()),
  by: Type.String(),
  createdAtMs: TimeMs,
  confirmedAtMs: Type.Optional(TimeMs),
  endedAtMs: Type.Optional(TimeMs)
})
export type AlertSubscription = Static<typeof AlertSubscription>

const audienceRank: Readonly<Record<AudienceName, number>> = { public: 0, operators: 1, ports: 2 }

/** Whether somebody cleared for `cleared` may see what is for `wanted`. */
export function isCleared(cleared: AudienceName, wanted: AudienceName): boolean {
  return audienceRank[cleared] >= audienceRank[wanted]
}

export function matchesSubscription(one: Pick<AlertSubscription, 'filter' | 'audience' | 'drills'>, notice: PublicNotice): boolean {
  if (!isCleared(one.audience, notice.audience) || (notice.drill && !one.drills)) return false
  return matchesFilter(one.filter, notice)
}

export function matchesFilter(filter: AlertFilter, notice: PublicNotice): boolean {
  const { hsPrefixes, brands, products, lots, ports, points, levels, kinds } = filter
  return (
    fits(kinds, (kind) => kind === notice.kind) &&
    (notice.level === undefined || fits(levels, (level) => level === notice.level)) &&
    // A warning of a whole heading concerns whoever watches one line of it, and the other way round.
    fits(hsPrefixes, (prefix) => notice.hsCodes.some((code) => code.startsWith(prefix) || prefix.startsWith(code))) &&
    fits(brands, (brand) => notice.brands.some((other) => plain(other) === plain(brand))) &&
    fits(products, (product) => namesProduct(notice, gtin14(product))) &&
    fits(lots, ({ gtin, lot }) => namesLot(notice, gtin14(gtin), lot)) &&
    fits(ports, (port) => notice.ports.includes(port) || notice.areas.some(({ unlocode }) => unlocode === port)) &&
    fits(points, (point) => notice.areas.some((area) => area.point === point))
  )
}

function fits<Value>(wanted: readonly Value[] | undefined, isIt: (value: Value) => boolean): boolean {
  return wanted === undefined || wanted.length === 0 || wanted.some(isIt)
}

function namesProduct(notice: PublicNotice, gtin: string): boolean {
  return notice.products.some((product) => product.gtin === gtin) || notice.lots.some((lot) => lot.gtin === gtin)
}

/** The lot by name; or its product, where no lots of it are named or the list is cut. */
function namesLot(notice: PublicNotice, gtin: string, lot: string): boolean {
  const lotsOfIt = notice.lots.filter((one) => one.gtin === gtin)
  if (lotsOfIt.some((one) => one.lot === lot)) return true
  return namesProduct(notice, gtin) && (lotsOfIt.length === 0 || notice.truncated)
}

export function gtin14(digits: string): string {
  return digits.padStart(14, '0')
}

/** One form of a name for comparing: full-width letters, case and spaces do not tell brands apart. */
export function plain(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, '')
}
