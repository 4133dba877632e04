/**
 * Numbers of publications without gaps: the next number is reserved in a journal before the warning is published with it. A reservation
 * whose publication never came, as after a crash, is void once the journal of its warning has moved on, and its number is given again.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { warningCases } from '@tracegate/model/warning-cases'
import type { CaseStore } from '@tracegate/store/case-store'
import { isStoreError } from '@tracegate/store/errors'

const Reservation = Type.Object({
  count: Type.Integer({ minimum: 1 }),
  number: Type.String(),
  warning: Type.String(),
  /** Length of the warning's journal at which the publication is to be appended: it can come at this place only. */
  length: Type.Integer({ minimum: 0 })
})
type Reservation = Static<typeof Reservation>
const reservations = compileValidator(Reservation)

interface NumberRequest {
  /** Prefix and year; each has its own count. */
  readonly series: string
  readonly digits: number
  readonly warning: string
  readonly length: number
  readonly by: string
}

export interface NumberSeries {
  /** The number that the warning is to be published with, at that length of its journal. */
  reserve(request: NumberRequest): Promise<string>
}

/** Another process may be about to publish with the last number: it is given two seconds. */
const looksMax = 20
const lookEveryMs = 100
/** Another process reserves at the same time: look again so often. */
const triesMax = 5

export function createNumberSeries(options: {
  readonly cases: CaseStore
  readonly nowMs: () => number
  /** Makes the journal of a warning move on, so that its publication under way cannot come any more. */
  readonly fence: (reservation: { readonly warning: string; readonly number: string }) => Promise<void>
}): NumberSeries {
  const { cases, nowMs } = options

  /** Whether it was published with; undefined while its publication may still come. */
  async function look({ warning, number, length }: Reservation): Promise<boolean | undefined> {
    const head = await cases.head('warning', warning)
    if (head === undefined || head.length <= length) return undefined
    const read = warningCases.check(head.state)
    return read.ok && read.value.number === number
  }

  async function isUsed(reservation: Reservation): Promise<boolean> {
    for (let looks = 1; looks <= looksMax; looks += 1) {
      const used = await look(reservation)
      if (used !== undefined) return used
      await wait(lookEveryMs)
    }
    await options.fence(reservation)
    return (await look(reservation)) ?? false
  }

  async function reserveOnce({ series, digits, warning, length, by }: NumberRequest): Promise<string> {
    const id = `number:${series}`
    const head = await cases.head('audit', id)
    const read = head === undefined ? undefined : reservations.check(head.state)
    if (read !== undefined && !read.ok) throw new TypeError(`Cannot read series of numbers ${series}: ${read.reason.message}`)
    const last = read?.value
    if (last?.warning === warning && last.length === length) return last.number
    const used = last === undefined || (await isUsed(last))
    const count = (last?.count ?? 0) + (used ? 1 : 0)
    const number = `${series}-${String(count).padStart(digits, '0')}`
    const state: Reservation = { count, number, warning, length }
    const step = { atMs: nowMs(), by, action: used ? 'reserved' : 'givenAgain', why: `publication of ${warning}`, data: state }
    await cases.append({ kind: 'audit', id, expectedLength: head?.length ?? 0, step, head: { open: false, state } })
    return number
  }

  return {
    async reserve(request) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await reserveOnce(request)
        } catch (error) {
          if (tries >= triesMax || !isStoreError(error, 'STORE_CONFLICT')) throw error
        }
      }
    }
  }
}
