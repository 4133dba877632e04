/** Answers what is missing of a device in a period, from the tables of the ledger. Reads only. */
import { judgeGap, type Gap, type GapReport } from '@tracegate/model/gap'
import type { GapLedgerReader } from '@tracegate/service/gap-ledger'
import { countOf } from './gap-rows.ts'
import type { GapRow, GapTables, PresenceRow } from './gap-tables.ts'

const gapsMax = 1_000
const hourMs = 3_600_000
/** Of the alarm lane: its boot is that of the device with this behind it (TG-414). */
const alarmLaneSuffix = '-a'

type Period = { readonly fromMs: number; readonly toMs: number }

export function createGapReader(tables: GapTables, options: { readonly nowMs: () => number }): GapLedgerReader {
  return {
    async report({ point, device, fromMs, toMs, limit }) {
      const name = `${point}/${device}`
      const sequences = tables.streamsOf(name)
      const nowMs = options.nowMs()
      const ever = tables.presencesOf(name, { fromMs: 0, toMs: nowMs })
      const last = ever.at(-1)
      if (sequences.length === 0 && last === undefined) return undefined
      const wanted = Math.min(Math.max(1, Math.trunc(limit)), gapsMax)
      const rows = tables.gapsIn(name, { fromMs, toMs }, wanted + 1)
      const gaps = rows.slice(0, wanted).map((row) => gapOf(row, { nowMs, presences: ever }))
      return {
        point,
        device,
        fromMs,
        toMs,
        ...(last === undefined ? {} : { online: last.online }),
        received: tables.sumTally(name, fromMs - (fromMs % hourMs), toMs),
        missingMessages: gaps.filter(({ recoverable }) => recoverable !== 'filled').reduce((sum, gap) => sum + gap.missingMessages, 0),
        gaps,
        gapsTruncated: rows.length > wanted,
        offline: offlineIn(ever, { fromMs, toMs }),
        sequences
      } satisfies GapReport
    }
  }
}

function gapOf(row: GapRow, { nowMs, presences }: { readonly nowMs: number; readonly presences: readonly PresenceRow[] }): Gap {
  const { boot, fromSeq, toSeq, missing, dropped, readings, sinceMs, untilMs, noticedAtMs, filledAtMs } = row
  const last = presences.at(-1)
  const away = offlineIn(presences, { fromMs: sinceMs ?? untilMs, toMs: Math.max(untilMs, noticedAtMs) })
  const judged = judgeGap({
    dropped,
    filled: filledAtMs !== undefined,
    hasStart: sinceMs !== undefined || fromSeq > 0,
    ageMs: nowMs - noticedAtMs,
    online: last?.online === true,
    isCurrentBoot: last !== undefined && (boot === last.boot || boot === `${last.boot}${alarmLaneSuffix}`),
    wasAway: away.length > 0 || last?.online === false
  })
  return {
    boot,
    fromSeq,
    toSeq,
    missing: missing.map(([from, to]) => [from, to]),
    missingMessages: countOf(missing),
    ...(readings === undefined ? {} : { readings }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    untilMs,
    noticedAtMs,
    ...(filledAtMs === undefined ? {} : { filledAtMs }),
    ...judged
  }
}

/** The times away that touch the period. A device that never said anything is taken as there. */
function offlineIn(presences: readonly PresenceRow[], period: Period): GapReport['offline'] {
  const found: GapReport['offline'] = []
  let start: PresenceRow | undefined
  for (const presence of presences) {
    if (!presence.online) start ??= presence
    else if (start !== undefined) {
      if (start.atMs <= period.toMs && presence.atMs >= period.fromMs) found.push(spanOf(start, presence.atMs))
      start = undefined
    }
  }
  if (start !== undefined && start.atMs <= period.toMs) found.push(spanOf(start, undefined))
  return found
}

function spanOf({ atMs, reason }: PresenceRow, toMs: number | undefined): GapReport['offline'][number] {
  return { fromMs: atMs, ...(toMs === undefined ? {} : { toMs }), ...(reason === undefined ? {} : { reason }) }
}
