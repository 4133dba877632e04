/**
 * Finds in the case store what was published and not yet sent out, by its journals, and makes its publications. It remembers what it has seen
 * only to be quick: looking again makes nothing twice.
 */
import { compileValidator } from '@tracegate/model/codec'
import type { PublicNotice } from '@tracegate/model/notice'
import type { AudienceName, NoticeKind } from '@tracegate/model/policy/channels'
import type { PublicationCase } from '@tracegate/model/publication'
import { publicRecallStatuses, recallStatuses } from '@tracegate/model/recall-case'
import { warningStatuses, type WarningLevel } from '@tracegate/model/warning'
import type { CaseStore, JournalStep } from '@tracegate/store/case-store'
import { Type } from 'typebox'
import type { PolicyBook } from '../policy/policy-book.ts'
import type { Registers } from '../registers.ts'
import type { AlertBook } from './alerts.ts'
import { channelRowOf, channelsOf } from './channel-rows.ts'
import { editionsOfWarning, editionsWanted } from './editions.ts'
import type { NoticeIndex } from './notice-index.ts'
import { editionsOfRecall, noticeOfRecall } from './notice-of-recall.ts'
import { noticeOfWarning, type NoticeWorld } from './notice-of-warning.ts'
import { makePublication, publicationCases, type PublicationBook } from './publications.ts'

type Subject = 'warning' | 'recall'

export interface FinderOptions {
  readonly cases: CaseStore
  readonly book: PublicationBook
  readonly index: NoticeIndex
  readonly registers: Registers
  readonly policy: PolicyBook
  readonly alerts: Pick<AlertBook, 'active'>
  readonly base: () => string
  readonly nowMs: () => number
  /** Part 0 first. */
  readonly onMade: (ids: readonly string[], channels: number) => void
  readonly onFault: (what: string, error: unknown) => void
}

export interface Finder {
  /** Puts into the index what went out before. */
  load(): Promise<void>
  /** Makes what is missing of every case that changed since the last look. */
  look(): Promise<void>
}

const pageSize = 500
/** Cases whose last step is older than the last look by this were seen then. */
const overlapMs = 300_000
const dayMs = 86_400_000
/** Hour of the issuer's day at which daily mails go. */
const dailyHour = 8
/** Cases remembered as looked at; forgetting one costs a look. */
const seenMax = 50_000

export function createFinder(options: FinderOptions): Finder {
  const { cases, index, nowMs } = options
  const seen = new Map<string, string>()
  let lookedUpToMs = 0

  async function load(): Promise<void> {
    let cursor: string | undefined
    do {
      const page = await cases.heads({ kind: 'publication', limit: pageSize, ...(cursor === undefined ? {} : { cursor }) })
      for (const { state } of page.heads) {
        const read = publicationCases.check(state)
        if (read.ok) indexOne(index, read.value)
      }
      cursor = page.next
    } while (cursor !== undefined)
  }

  /** Oldest change first; the states themselves are not held, as there may be very many of them. */
  async function changedSince(kind: Subject, sinceMs: number): Promise<{ readonly id: string; readonly signature: string }[]> {
    const changed: { id: string; signature: string }[] = []
    let cursor: string | undefined
    do {
      const page = await cases.heads({ kind, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) })
      for (const { id, updatedAtMs, state } of page.heads) {
        const signature = kind === 'warning' ? warningSignature(state) : recallSignature(state)
        if (updatedAtMs >= sinceMs && signature !== undefined && seen.get(id) !== signature) changed.push({ id, signature })
      }
      const last = page.heads.at(-1)
      cursor = last !== undefined && last.updatedAtMs >= sinceMs ? page.next : undefined
    } while (cursor !== undefined)
    return changed.toReversed()
  }

  async function lookAt(subject: Subject, id: string, signature: string): Promise<void> {
    const isWhole = subject === 'warning' && String(index.find(id)?.editions.length) === signature
    if (!isWhole) await publishAll(options, subject, id)
    if (seen.size >= seenMax) seen.clear()
    seen.set(id, signature)
  }

  return {
    load,
    async look() {
      const startedMs = nowMs()
      let isWhole = true
      for (const subject of ['warning', 'recall'] as const)
        for (const { id, signature } of await changedSince(subject, lookedUpToMs - overlapMs))
          try {
            await lookAt(subject, id, signature)
          } catch (error) {
            // One case that cannot be published must not hold up the others; it is looked at again.
            isWhole = false
            options.onFault(`${subject} ${id}`, error)
          }
      if (isWhole) lookedUpToMs = startedMs
    }
  }
}

function indexOne(index: NoticeIndex, { notice, cap, deliveries }: PublicationCase): void {
  if (notice !== undefined) index.add(notice, { hasCap: cap !== undefined, channels: deliveries.map(({ channel }) => channel) })
}

interface FoundEdition {
  readonly kind: NoticeKind
  readonly level: WarningLevel | undefined
  readonly drill: boolean
  notice(audience: AudienceName): PublicNotice
}

function editionsOf(subject: Subject, id: string, journal: readonly JournalStep[], world: NoticeWorld): FoundEdition[] {
  if (subject === 'recall')
    return editionsOfRecall(id, journal).map((one) => ({
      kind: 'recallNotice',
      level: undefined,
      drill: one.state.drill,
      notice: (audience) => noticeOfRecall(one, world, audience)
    }))
  return editionsOfWarning(id, journal).map((one) => ({
    kind: one.state.kind ?? 'operatorNotice',
    level: one.state.level,
    drill: one.state.drill,
    notice: (audience) => noticeOfWarning(one, world, audience)
  }))
}

async function publishAll(options: FinderOptions, subject: Subject, id: string): Promise<void> {
  const { registers, index, book, nowMs } = options
  const [journal, { version: policyVersion, policy }, products, points, parties] = await Promise.all([
    options.cases.journal(subject, id),
    options.policy.current(),
    registers.products(),
    registers.points(),
    registers.parties()
  ])
  const { channels: table } = policy
  for (const edition of editionsOf(subject, id, journal, { products, points, policy: table })) {
    const row = channelRowOf(table, edition.kind, edition.level)
    const channels = row === undefined ? [] : channelsOf(row, edition.drill)
    if (row === undefined || channels.length === 0) continue
    const notice = edition.notice(row.audience)
    if (index.find(notice.number)?.editions.some((one) => one.edition === notice.edition) === true) continue
    const { made, parts } = await makePublication({
      book,
      notice,
      channels,
      policy: table,
      policyVersion,
      base: options.base(),
      subscriptions: options.alerts.active(),
      parties,
      dailyAtMs: nextDailyMs(nowMs(), table.utcOffset)
    })
    indexOne(index, made)
    options.onMade([made.id, ...parts], channels.length)
  }
}

const warningHeads = compileValidator(
  Type.Object({ status: Type.Enum(warningStatuses), version: Type.Integer(), number: Type.Optional(Type.String()) })
)
const recallHeads = compileValidator(
  Type.Object({
    status: Type.Enum(recallStatuses),
    notice: Type.Optional(Type.Object({ version: Type.Integer() })),
    scope: Type.Optional(Type.Object({ version: Type.Integer() })),
    extensions: Type.Array(Type.Unknown())
  })
)

/** What must change for there to be another edition. */
function warningSignature(state: unknown): string | undefined {
  const read = warningHeads.check(state)
  if (!read.ok) return undefined
  const wanted = editionsWanted(read.value)
  return wanted === 0 ? undefined : String(wanted)
}

function recallSignature(state: unknown): string | undefined {
  const read = recallHeads.check(state)
  if (!read.ok || !publicRecallStatuses.has(read.value.status)) return undefined
  const { status, notice, scope, extensions } = read.value
  return `${status === 'closed' ? 'closed' : 'open'}/${notice?.version ?? 0}/${scope?.version ?? 0}/${extensions.length}`
}

function nextDailyMs(atMs: number, utcOffset: string): number {
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d\d):(\d\d)$/.exec(utcOffset) ?? []
  const shiftMs = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1)
  const localMs = atMs + shiftMs
  const todayMs = Math.floor(localMs / dayMs) * dayMs + dailyHour * 3_600_000
  return (todayMs > localMs ? todayMs : todayMs + dayMs) - shiftMs
}
