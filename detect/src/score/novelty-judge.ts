/**
 * Scores many series: which ones by pattern, how many by memory, and their states as plain JSON. The reading judge calls it; it decides
 * nothing but that.
 */
import { Buffer } from 'node:buffer'
import { Type, type Static } from 'typebox'
import { Anomaly } from '@tracegate/model/anomaly'
import { compileValidator } from '@tracegate/model/codec'
import type { RuleSetting } from '@tracegate/model/rules'
import { seriesKeyOf, type Reading } from '@tracegate/model/telemetry'
import { sortWindows } from './features.ts'
import { emptyNoveltySeries, judgeNovelty, type NoveltySeries } from './judge-novelty.ts'
import { noveltySettingsOf, type NoveltySettings } from './novelty-rule.ts'

/** What one series is reckoned at: its numbers take less, the rest is for an open anomaly and for what keeps it. */
export const seriesBytes = 16_384
/** Raised when the numbers of a state mean something else. */
const layout = 2

const SeriesSnapshot = Type.Object({ numbers: Type.String({ maxLength: 65_536 }), open: Type.Optional(Anomaly) })
export const NoveltySnapshot = Type.Object({ layout: Type.Integer(), series: Type.Record(Type.String(), SeriesSnapshot) })
export type NoveltySnapshot = Static<typeof NoveltySnapshot>
const validator = compileValidator(NoveltySnapshot)

export interface NoveltyJudge {
  /** Takes the settings of the rules; states stay. */
  configure(rules: readonly RuleSetting[] | undefined): void
  judge(reading: Reading, context: { readonly place?: string; readonly nowMs: number; readonly historical: boolean }): Anomaly | undefined
  /** Series that are scored, and those that are not for want of memory (counted once each, up to a limit). */
  counts(): { readonly scored: number; readonly unscored: number }
  snapshot(): NoveltySnapshot
  /** `undefined` when it was taken, otherwise why not: nothing is known then. */
  restore(snapshot: unknown): string | undefined
}

/** Names of series whose pattern was looked up; past this the look-up is made anew. */
const knownMax = 100_000

export function createNoveltyJudge(): NoveltyJudge {
  let settings = noveltySettingsOf(undefined)
  let states = new Map<string, NoveltySeries>()
  /** Whether a series is scored: by pattern and by room. */
  let known = new Map<string, 'scored' | 'unscored' | 'off'>()
  const roomFor = ({ memoryBytesMax }: NoveltySettings): number => Math.floor(memoryBytesMax / seriesBytes)
  function look(name: string): 'scored' | 'unscored' | 'off' {
    if (known.size >= knownMax) known = new Map()
    const fits = settings.enabled && settings.enabledSeries.some((pattern) => matches(pattern, name))
    const found = !fits ? 'off' : states.has(name) || states.size < roomFor(settings) ? 'scored' : 'unscored'
    known.set(name, found)
    return found
  }
  return {
    configure(rules) {
      settings = noveltySettingsOf(rules)
      known = new Map()
      for (const name of states.keys()) if (look(name) !== 'scored' || states.size > roomFor(settings)) states.delete(name)
      known = new Map()
    },
    judge(reading, context) {
      const name = seriesKeyOf(reading)
      if ((known.get(name) ?? look(name)) !== 'scored') return undefined
      const before = states.get(name)
      const { state, anomaly } = judgeNovelty(before, { reading, settings, ...context })
      if (before === undefined && state !== undefined) states.set(name, state)
      return anomaly
    },
    counts() {
      let unscored = 0
      for (const found of known.values()) if (found === 'unscored') unscored += 1
      return { scored: states.size, unscored }
    },
    snapshot: () => ({ layout, series: Object.fromEntries([...states].map(([name, state]) => [name, pack(state)])) }),
    restore(snapshot) {
      states = new Map()
      known = new Map()
      const checked = validator.check(snapshot)
      if (!checked.ok) return checked.reason.message
      if (checked.value.layout !== layout) return `layout is ${checked.value.layout}, expected ${layout}`
      for (const [name, packed] of Object.entries(checked.value.series)) {
        const state = unpack(packed)
        if (state !== undefined && states.size < roomFor(settings)) states.set(name, state)
      }
      return undefined
    }
  }
}

/** `*` stands for any run of characters. Linear: the parts between the stars are looked for one after another. */
export function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*')
  const [first = '', last = ''] = [parts[0], parts.at(-1)]
  if (parts.length === 1) return name === pattern
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at)
    if (found < 0 || found + part.length > name.length - last.length) return false
    at = found + part.length
  }
  return true
}

/** The numbers of a state that are kept, in one order; the sorted windows follow from them. */
function arraysOf({ novelty }: NoveltySeries): Float64Array[] {
  const { ring, sums, daily, low, high, boxLow, boxHigh, boxUsed, boxes, boxLast } = novelty
  return [ring, sums, daily, low, high, boxLow, boxHigh, boxUsed, boxes, boxLast]
}

/** Bytes of the numbers of a series: what it holds for good, whatever happens to it. */
export function stateBytes(state: NoveltySeries): number {
  return [...arraysOf(state), ...state.novelty.sorted].reduce((sum, array) => sum + array.byteLength, scalarsOf(state).length * 8)
}

function packedBytes(state: NoveltySeries): number {
  return arraysOf(state).reduce((sum, array) => sum + array.byteLength, scalarsOf(state).length * 8)
}

function scalarsOf({ novelty, budget, refractory, firstMs, quiet }: NoveltySeries): number[] {
  return [novelty.count, novelty.lastMs, budget.lastMs, budget.correction, refractory.peakScore, refractory.peakCount, firstMs, quiet]
}

function pack(state: NoveltySeries): Static<typeof SeriesSnapshot> {
  const parts = [Float64Array.from(scalarsOf(state)), ...arraysOf(state)]
  const numbers = Buffer.concat(parts.map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength))).toString('base64')
  return { numbers, ...(state.open === undefined ? {} : { open: structuredClone(state.open) }) }
}

/** `undefined` for numbers that are not those of a state: that series starts anew. */
function unpack(packed: Static<typeof SeriesSnapshot>): NoveltySeries | undefined {
  const bytes = Buffer.from(packed.numbers, 'base64')
  const state = emptyNoveltySeries()
  if (bytes.length !== packedBytes(state)) return undefined
  let at = 0
  const next = (): number => bytes.readDoubleLE((at += 8) - 8)
  const { novelty, budget, refractory } = state
  novelty.count = next()
  novelty.lastMs = next()
  budget.lastMs = next()
  budget.correction = next()
  refractory.peakScore = next()
  refractory.peakCount = next()
  state.firstMs = next()
  state.quiet = next()
  for (const array of arraysOf(state)) for (let index = 0; index < array.length; index += 1) array[index] = next()
  if (!Number.isInteger(novelty.count) || novelty.count < 0) return undefined
  sortWindows(novelty)
  if (packed.open !== undefined) state.open = packed.open
  return state
}
