/**
 * Hands items to a store until it has taken them, or said for good that it will not: asks again after failures, and finds what is refused
 * by halving, so that one bad point costs a few more calls and nothing else. It decides nothing about offsets.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { CodedError, type Reason } from '@tracegate/model/errors'
import { RefusedReadings } from '@tracegate/store/errors'
import type { CollectorEvents } from './events.ts'
import type { CollectorLimits } from './limits.ts'

type Target = 'telemetry' | 'trace' | 'devices' | 'log'

export type Answer<Result> =
  | { readonly type: 'done'; readonly result: Result; readonly attempts: number }
  /** `known`: which ones, where the store says so. */
  | { readonly type: 'refused'; readonly reason: Reason; readonly known: readonly Refused[] | undefined }
  | { readonly type: 'stopped' }

interface Refused {
  readonly index: number
  readonly reason: Reason
}

export interface Persistence {
  /** Asks until it works; undefined when stopped before. */
  persist<Result>(target: Target, work: () => Promise<Result>): Promise<Result | undefined>
  /** Asks until it works, or until the store says that it will never take it. */
  persistOrRefuse<Result>(target: Target, work: () => Promise<Result>): Promise<Answer<Result>>
  pause(waitMs: number): Promise<void>
  /** Why the last attempt failed; undefined after one that did not. */
  trouble(): string | undefined
}

export interface PersistenceOptions {
  readonly limits: CollectorLimits
  readonly events: CollectorEvents
  readonly signal: AbortSignal
}

export function createPersistence({ limits, events, signal }: PersistenceOptions): Persistence {
  let trouble: string | undefined

  async function pause(waitMs: number): Promise<void> {
    await sleep(waitMs, undefined, { signal }).catch(() => {})
  }

  async function persistOrRefuse<Result>(target: Target, work: () => Promise<Result>): Promise<Answer<Result>> {
    let waitMs = limits.retryFirstMs
    for (let attempts = 1; !signal.aborted; attempts += 1) {
      const startedMs = performance.now()
      try {
        const result = await work()
        events.storeAnswered(target, performance.now() - startedMs)
        trouble = undefined
        return { type: 'done', result, attempts }
      } catch (error) {
        if (error instanceof CodedError && error.status < 500) {
          trouble = undefined
          events.storeRefused(target, error)
          return refusalOf(error)
        }
        trouble = `${target}: ${error instanceof Error ? error.message : String(error)}`
        events.storeFailed(target, error)
      }
      await pause(waitMs)
      waitMs = Math.min(waitMs * 2, limits.retryMaxMs)
    }
    return { type: 'stopped' }
  }

  return {
    pause,
    persistOrRefuse,
    trouble: () => trouble,
    async persist(target, work) {
      for (;;) {
        const answer = await persistOrRefuse(target, work)
        if (answer.type === 'done') return answer.result
        if (answer.type === 'stopped') return undefined
        await pause(limits.retryMaxMs)
      }
    }
  }
}

function refusalOf(error: CodedError): Extract<Answer<never>, { readonly type: 'refused' }> {
  const reason = { code: error.code, pointer: '', message: error.message }
  const refused = error instanceof RefusedReadings ? error.refused : undefined
  const known = refused?.map(({ index, detail }) => ({ index, reason: detail === undefined ? reason : { ...reason, message: detail } }))
  return { type: 'refused', reason, known: known?.length === 0 ? undefined : known }
}

export interface Halving<Result> {
  /** What the store gave for each part that it took, in order. */
  readonly results: readonly Result[]
  /** Ascending. */
  readonly refused: readonly Refused[]
}

/**
 * Stores what of the items can be stored, after the store has refused them together: about two calls for each halving and bad item.
 * Undefined when stopped.
 */
export async function storeByHalves<Item, Result>(
  items: readonly Item[],
  options: {
    readonly store: (items: readonly Item[]) => Promise<Answer<Result>>
    readonly refusal: Extract<Answer<Result>, { readonly type: 'refused' }>
  }
): Promise<Halving<Result> | undefined> {
  const results: Result[] = []
  const refused: Refused[] = []

  /** Stores items[from..to); false when stopped. `refusal`: they were refused together already. */
  async function part(from: number, to: number, refusal?: Extract<Answer<Result>, { readonly type: 'refused' }>): Promise<boolean> {
    if (from >= to) return true
    if (refusal === undefined) {
      const answer = await options.store(items.slice(from, to))
      if (answer.type === 'stopped') return false
      if (answer.type === 'done') results.push(answer.result)
      return answer.type === 'done' || part(from, to, answer)
    }
    if (refusal.known !== undefined) return without(from, to, refusal.known)
    if (to - from === 1) {
      refused.push({ index: from, reason: refusal.reason })
      return true
    }
    const middle = Math.ceil((from + to) / 2)
    return (await part(from, middle)) && (await part(middle, to))
  }

  /** The store has said which: the stretches between them go in again, as they may not be there. */
  async function without(from: number, to: number, known: readonly Refused[]): Promise<boolean> {
    const bad = new Set(known.map(({ index }) => from + index))
    for (const { index, reason } of known) if (from + index < to) refused.push({ index: from + index, reason })
    const good = items.slice(from, to).filter((_, at) => !bad.has(from + at))
    if (good.length === to - from) return part(from, to, { type: 'refused', reason: known[0]?.reason ?? refusedForGood, known: undefined })
    if (good.length === 0) return true
    const answer = await options.store(good)
    if (answer.type === 'stopped') return false
    if (answer.type === 'done') {
      results.push(answer.result)
      return true
    }
    const places = Array.from({ length: to - from }, (_, at) => from + at).filter((at) => !bad.has(at))
    const rest = await storeByHalves(good, { store: options.store, refusal: answer })
    if (rest === undefined) return false
    results.push(...rest.results)
    for (const { index, reason } of rest.refused) refused.push({ index: places[index] ?? from, reason })
    return true
  }

  if (!(await part(0, items.length, options.refusal))) return undefined
  return { results, refused: refused.toSorted((left, right) => left.index - right.index) }
}

const refusedForGood: Reason = { code: 'STORE_REFUSED_READINGS', pointer: '', message: 'the store refused it' }
