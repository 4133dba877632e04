/**
 * Lists, counts and handles anomalies for people: filters over the heads, how often what says something, and steps on the journals. It
 * raises nothing and changes nothing of what was seen.
 */
import { Anomaly } from '@tracegate/model/anomaly'
import { handle, isShelved, severityOf, type HandlingAct } from '@tracegate/model/anomaly-handling'
import { compileValidator } from '@tracegate/model/codec'
import type { AnomalyChatter, AnomalyCounts, AnomalyListed, AnomalyQuery, ChatterRow } from '@tracegate/model/http-anomalies'
import type { HandlingPolicy } from '@tracegate/model/policy/handling'
import type { CaseStore } from '@tracegate/store/case-store'
import { limitDefault } from '../answers.ts'
import { pageCases } from '../case-pages.ts'
import type { PolicyBook } from '../policy/policy-book.ts'
import type { AnomalyJournal } from './anomaly-journal.ts'

export interface AnomalyDesk {
  page(query: AnomalyQuery): Promise<{ items: AnomalyListed[]; next?: string }>
  act(request: HandlingRequest): Promise<{ anomaly: AnomalyListed; length: number }>
  listed(anomaly: Anomaly): Promise<AnomalyListed>
  counts(): Promise<AnomalyCounts>
  chatter(windowMs?: number): Promise<AnomalyChatter>
}

interface HandlingRequest {
  readonly id: string
  readonly by: string
  readonly why: string
  readonly act: HandlingAct
  readonly expectedLength?: number | undefined
}

export interface AnomalyDeskOptions {
  readonly cases: CaseStore
  readonly journal: AnomalyJournal
  readonly policy: PolicyBook
  readonly nowMs: () => number
}

const anomalies = compileValidator(Anomaly)
/** Heads looked through for one page; past it the page holds fewer than asked for and tells where to go on. */
const lookedAtMax = 5_000
/** Anomalies looked through for figures. */
const countedMax = 20_000
const namesMax = 50

export function createAnomalyDesk({ cases, journal, policy, nowMs }: AnomalyDeskOptions): AnomalyDesk {
  const rules = async () => (await policy.current()).policy.handling
  const list = (anomaly: Anomaly, handling: HandlingPolicy, now: number): AnomalyListed => ({
    ...anomaly,
    severity: severityOf(anomaly, handling),
    shelved: isShelved(anomaly, now)
  })
  return {
    listed: async (anomaly) => list(anomaly, await rules(), nowMs()),
    async page({ limit = limitDefault, cursor, ...query }) {
      const handling = await rules()
      const now = nowMs()
      const items: AnomalyListed[] = []
      let at = cursor
      for (let lookedAt = 0; lookedAt < lookedAtMax;) {
        const wanted = limit - items.length
        const page = await pageCases(cases, anomalies, {
          kind: 'anomaly',
          limit: wanted,
          ...(query.state === undefined ? {} : { state: query.state }),
          ...(query.point === undefined ? {} : { point: query.point }),
          ...(at === undefined ? {} : { cursor: at })
        })
        for (const anomaly of page.items) {
          const listed = list(anomaly, handling, now)
          if (fits(listed, query)) items.push(listed)
        }
        at = page.next
        lookedAt += wanted
        if (at === undefined) return { items }
        if (items.length >= limit) break
      }
      return { items, ...(at === undefined ? {} : { next: at }) }
    },
    async act({ id, by, why, act, expectedLength }) {
      const handling = await rules()
      const now = nowMs()
      const done = await journal.act({
        id,
        by,
        action: act.type,
        why,
        data: act,
        expectedLength,
        change: (before) => (before === undefined ? undefined : handle(before, act, { nowMs: now, by, why, policy: handling }))
      })
      return { anomaly: list(done.anomaly, handling, now), length: done.length }
    },
    async counts() {
      const handling = await rules()
      const now = nowMs()
      const [closed, open, found] = await Promise.all([
        cases.count('anomaly', false),
        cases.count('anomaly', true),
        collect(cases, { open: true })
      ])
      const listed = found.anomalies.map((anomaly) => list(anomaly, handling, now))
      return {
        open,
        closed,
        unacknowledged: listed.filter((anomaly) => anomaly.handling?.acknowledged === undefined).length,
        shelved: listed.filter((anomaly) => anomaly.shelved).length,
        byCategory: countBy(listed, (anomaly) => anomaly.category),
        byType: countBy(listed, (anomaly) => anomaly.type),
        bySeverity: countBy(listed, (anomaly) => String(anomaly.severity)),
        byPoint: countBy(listed, (anomaly) => anomaly.point ?? ''),
        truncated: found.truncated
      }
    },
    async chatter(wantedMs) {
      const { chatter, flood } = await rules()
      const untilMs = nowMs()
      const windowMs = wantedMs ?? chatter.windowMs
      const found = await collect(cases, { sinceMs: untilMs - Math.max(windowMs, flood.windowMs) })
      const rate = { fromMs: untilMs - windowMs, windowMs, transitions: chatter.transitions * (windowMs / chatter.windowMs) }
      return {
        windowMs,
        untilMs,
        rules: chatterOf(found.anomalies, (anomaly) => anomaly.rule.id, rate),
        devices: chatterOf(found.anomalies, deviceOf, rate),
        floods: floodsOf(found.anomalies, untilMs - flood.windowMs, flood.openings),
        truncated: found.truncated
      }
    }
  }
}

function fits(anomaly: AnomalyListed, query: AnomalyQuery): boolean {
  const { category, type, severity, shelved, acknowledged, historical } = query
  return (
    (category === undefined || anomaly.category === category) &&
    (type === undefined || anomaly.type === type) &&
    (severity === undefined || anomaly.severity >= severity) &&
    (shelved === undefined || anomaly.shelved === shelved) &&
    (acknowledged === undefined || (anomaly.handling?.acknowledged !== undefined) === acknowledged) &&
    (historical === undefined || anomaly.historical === historical)
  )
}

/** Open ones, or all that changed since; newest first. */
async function collect(
  cases: CaseStore,
  query: { readonly open?: boolean; readonly sinceMs?: number }
): Promise<{ anomalies: Anomaly[]; truncated: boolean }> {
  const found: Anomaly[] = []
  let cursor: string | undefined
  let seen = 0
  do {
    const page = await cases.heads({
      kind: 'anomaly',
      limit: 1_000,
      ...(query.open === undefined ? {} : { open: query.open }),
      ...(cursor === undefined ? {} : { cursor })
    })
    for (const head of page.heads) {
      if (query.sinceMs !== undefined && head.updatedAtMs < query.sinceMs) return { anomalies: found, truncated: false }
      seen += 1
      const read = anomalies.check(head.state)
      if (read.ok) found.push(read.value)
    }
    cursor = page.next
  } while (cursor !== undefined && seen < countedMax)
  return { anomalies: found, truncated: cursor !== undefined }
}

function countBy(listed: readonly AnomalyListed[], nameOf: (anomaly: AnomalyListed) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const anomaly of listed) {
    const name = nameOf(anomaly)
    if (name !== '') counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

function deviceOf({ point, device }: Anomaly): string {
  return point === undefined || device === undefined ? '' : `${point}/${device}`
}

interface Rate {
  readonly fromMs: number
  readonly windowMs: number
  readonly transitions: number
}

/** The most talkative first. What came back within its re-opening time counts as often as it did. */
function chatterOf(found: readonly Anomaly[], nameOf: (anomaly: Anomaly) => string, rate: Rate): ChatterRow[] {
  const rows = new Map<string, { openings: number; closings: number; returns: number }>()
  for (const anomaly of found) {
    const name = nameOf(anomaly)
    if (name === '') continue
    const row = rows.get(name) ?? { openings: 0, closings: 0, returns: 0 }
    rows.set(name, row)
    if (anomaly.detectedAtMs >= rate.fromMs) row.openings += 1
    if ((anomaly.closedMs ?? 0) >= rate.fromMs) row.closings += 1
    // Its journal tells when; here the anomaly did something in the window, and its returns are taken as part of that.
    if (anomaly.lastMs >= rate.fromMs) row.returns += anomaly.returns ?? 0
  }
  return [...rows]
    .map(([name, row]) => ({
      name,
      ...row,
      perHour: Math.round(((row.openings + row.returns) * 3_600_000 * 100) / rate.windowMs) / 100,
      chattering: row.openings + row.closings + 2 * row.returns >= rate.transitions
    }))
    .filter((row) => row.openings + row.closings + row.returns > 0)
    .toSorted((left, right) => right.perHour - left.perHour || left.name.localeCompare(right.name))
    .slice(0, namesMax)
}

function floodsOf(found: readonly Anomaly[], sinceMs: number, openingsMax: number): AnomalyChatter['floods'] {
  const counts = new Map<string, number>()
  for (const { point, detectedAtMs } of found)
    if (point !== undefined && detectedAtMs >= sinceMs) counts.set(point, (counts.get(point) ?? 0) + 1)
  return [...counts].filter(([, openings]) => openings > openingsMax).map(([point, openings]) => ({ point, openings, sinceMs }))
}
