/** The completeness of a chain, its facts brought from the trace, and the stage profiles with their versions. It judges nothing itself. */
import { compileValidator } from '@tracegate/model/codec'
import { keyKind, parentKeyOf } from '@tracegate/model/gs1/key'
import { attributeName } from '@tracegate/model/master-data'
import {
  defaultStageProfiles,
  judgeCompleteness,
  StageProfileBody,
  type CompletenessAnswer,
  type StageProfile
} from '@tracegate/model/master-data-completeness'
import { regimes, type Regime } from '@tracegate/model/registers'
import { isStoreError } from '@tracegate/store/errors'
import { createAuditTrail } from '../audit.ts'
import type { ApiContext } from '../context.ts'
import { lotsOfItems } from '../goods.ts'
import { journeyOf } from '../journey.ts'
import { masterDataError } from './errors.ts'

const bodies = compileValidator(StageProfileBody)
const settingOf = (regime: Regime) => `stage-profile:${regime}`
/** Events whose own words are read for origin and expiry. */
const eventsReadMax = 200

type Sources = Pick<ApiContext, 'cases' | 'trace' | 'telemetry' | 'registers' | 'nowMs'>

export function regimeOf(text: string): Regime {
  const regime = regimes.find((known) => known === text)
  if (regime === undefined) throw masterDataError('PROFILE_UNKNOWN', { id: text.slice(0, 64), wanted: regimes.join(', ') })
  return regime
}

/** The profile as it is now; the default at version 0 while nobody changed it. */
export async function stageProfile({ cases }: Pick<Sources, 'cases'>, regime: Regime): Promise<StageProfile> {
  const row = await cases.get('settings', settingOf(regime))
  const read = bodies.check(row?.document)
  return row !== undefined && read.ok ? { ...read.value, regime, version: row.version } : defaultStageProfiles[regime]
}

export async function putStageProfile(
  { cases, nowMs }: Pick<Sources, 'cases' | 'nowMs'>,
  options: { readonly regime: Regime; readonly body: StageProfileBody; readonly expected: number | 'new' | undefined; readonly by: string }
): Promise<StageProfile> {
  const { regime, body, by } = options
  const current = (await cases.get('settings', settingOf(regime)))?.version ?? 0
  const expected = options.expected === 'new' ? 0 : options.expected
  if (expected === undefined) throw masterDataError('PROFILE_PRECONDITION', { id: regime, current })
  if (expected !== current) throw masterDataError('PROFILE_CHANGED', { id: regime, current, wanted: expected })
  try {
    const row = await cases.put('settings', settingOf(regime), body, current)
    await createAuditTrail(cases, nowMs).append(`stage-profile:${regime}`, {
      by,
      action: 'changed',
      state: { ...body, version: row.version }
    })
    return { ...body, regime, version: row.version }
  } catch (error) {
    if (!isStoreError(error, 'STORE_CONFLICT')) throw error
    throw masterDataError('PROFILE_CHANGED', { id: regime, current: 'another one', wanted: current }, error)
  }
}

export async function completenessOf(
  sources: Sources,
  of: string,
  options: { readonly atMs?: number; readonly regime?: Regime } = {}
): Promise<CompletenessAnswer> {
  const { registers, trace } = sources
  const nowMs = options.atMs ?? sources.nowMs()
  const kind = keyKind(of)
  const productKey = kind === 'product' ? of : parentKeyOf(of)
  const [journey, products, places, points, lots] = await Promise.all([
    journeyOf(sources, of, options.atMs === undefined ? {} : { atMs: options.atMs }),
    registers.products(),
    registers.places(),
    registers.points(),
    lotsOfItems(trace, [of])
  ])
  const product = products.find((row) => row.key === productKey)
  const lot = kind === 'lot' ? of : lots.get(of)
  const words = await eventWords(sources, [of, ...(lot === undefined || lot === of ? [] : [lot])], nowMs)
  const profile = await stageProfile(sources, options.regime ?? product?.regime ?? 'general')
  return judgeCompleteness(
    {
      of,
      isGoods: kind === 'item' || kind === 'lot' || kind === 'product',
      steps: journey.steps,
      truncated: journey.truncated,
      product,
      productKey,
      lot,
      originEvents: words.origin,
      expiryEvents: words.expiry,
      placesKnown: new Set([...places.map((place) => place.key), ...points.map((point) => point.key)]),
      nowMs
    },
    profile
  )
}

const originNames: ReadonlySet<string> = new Set(['countryOfOrigin', 'originCountry'])
const expiryNames: ReadonlySet<string> = new Set(['itemExpirationDate', 'bestBeforeDate', 'sellByDate', 'expirationDate'])

/** Which events say, in their instance or lot master data (EPCIS 2.0 §7.3.8), where goods are from and how long they last. */
async function eventWords(
  { trace }: Pick<Sources, 'trace'>,
  keys: readonly string[],
  toMs: number
): Promise<{ readonly origin: string[]; readonly expiry: string[] }> {
  const ledgers = await Promise.all(keys.map((key) => trace.ledger({ key, toMs, limit: eventsReadMax })))
  const origin = new Set<string>()
  const expiry = new Set<string>()
  for (const event of ledgers.flat()) {
    const names = memberNames(event.json)
    if (names.some((name) => originNames.has(name))) origin.add(event.eventID)
    if (names.some((name) => expiryNames.has(name))) expiry.add(event.eventID)
  }
  return { origin: [...origin], expiry: [...expiry] }
}

/** Names of the members of the event's ILMD, without their prefix. */
function memberNames(json: string): string[] {
  if (!json.includes('"ilmd"')) return []
  const event: unknown = JSON.parse(json)
  const ilmd: unknown = typeof event === 'object' && event !== null && 'ilmd' in event ? event.ilmd : undefined
  if (typeof ilmd !== 'object' || ilmd === null) return []
  return Object.entries(ilmd).flatMap(([name, value]) =>
    value === '' || value === null ? [] : [attributeName(name).replace(/^.*[:#/]/, '')]
  )
}
