/** Writes warning drafts as journals; a crash between an anomaly's claim and its draft leaves a number that the next try fills. */
import type { Anomaly } from '@tracegate/model/anomaly'
import { compileValidator } from '@tracegate/model/codec'
import type { WarningCase } from '@tracegate/model/warning'
import { warningCases } from '@tracegate/model/warning-cases'
import { reduceWarning } from '@tracegate/model/warning-reducer'
import { DraftedStep, type UpdatedContent, type WarningStep } from '@tracegate/model/warning-steps'
import type { Bus } from '@tracegate/service/bus'
import type { CaseHead, CaseStore } from '@tracegate/store/case-store'
import { isStoreError } from '@tracegate/store/errors'
import { createClaims, triggerName } from './claims.ts'

export type DraftContent = UpdatedContent &
  Pick<WarningCase, 'anomaly' | 'startMs' | 'point' | 'place'> & {
    /** How long after the draft its assessment is due. */
    readonly assessWithinMs: number
  }

export interface WrittenWarning {
  readonly outcome: 'drafted' | 'updated' | 'unchanged' | 'noGoods'
  readonly warning?: string
}

export interface WarningWriter {
  write(options: { readonly anomaly: Anomaly; readonly content: DraftContent; readonly receivedAtMs: number }): Promise<WrittenWarning>
}

const draftedSteps = compileValidator(DraftedStep)
/** Why the machine wrote a step, as words that pages put into the reader's language; the step's content holds the particulars. */
type MachineReason = 'anomalyOpened' | 'anomalyClosed' | 'scopeChanged'
/** Another writer came in between: read again and retry so often. */
const triesMax = 3

export function createWarningWriter(options: {
  readonly cases: CaseStore
  readonly bus: Bus
  readonly nowMs: () => number
}): WarningWriter {
  const { cases, bus, nowMs } = options
  const claims = createClaims({ cases, nowMs })

  async function append(
    before: { warning: WarningCase; length: number } | undefined,
    id: string,
    step: WarningStep,
    why: MachineReason
  ): Promise<void> {
    const atMs = nowMs()
    const warning = reduceWarning(before?.warning, step, { id, atMs, by: triggerName, why })
    await cases.append({
      kind: 'warning',
      id,
      expectedLength: before?.length ?? 0,
      step: { atMs, by: triggerName, action: step.type, why, data: step },
      head: { open: true, ...(warning.point === undefined ? {} : { point: warning.point }), state: warning }
    })
    bus.publish('warning', { warning })
  }

  async function writeOnce({ anomaly, content, receivedAtMs }: Parameters<WarningWriter['write']>[0]): Promise<WrittenWarning> {
    const id = await claims.of(anomaly.id)
    const { assessWithinMs, ...written } = content
    const head = await cases.head('warning', id)
    if (head === undefined) {
      const draftedAtMs = nowMs()
      // Taken right before the journal is written, as the journal cannot hold its own duration; the metric covers it.
      const draftedAfterMs = Math.max(0, draftedAtMs - receivedAtMs)
      const drafted = draftedSteps.check({
        type: 'drafted',
        content: { ...written, origin: 'anomaly', draftedAtMs, draftedAfterMs, dueMs: draftedAtMs + assessWithinMs }
      })
      if (!drafted.ok) throw new TypeError(`Cannot draft warning ${id}: ${drafted.reason.message}`)
      await append(undefined, id, drafted.value, 'anomalyOpened')
      return { outcome: 'drafted', warning: id }
    }
    const before = warningOf(head)
    const { anomaly: _anomaly, startMs: _startMs, point: _point, place: _place, ...changeable } = written
    // From assessment on a person answers for the content; the machine does not write over it.
    if (before.status !== 'draft' || sameContent(before, changeable)) return { outcome: 'unchanged', warning: id }
    const why = anomaly.status === 'closed' ? 'anomalyClosed' : 'scopeChanged'
    await append(
      { warning: before, length: head.length },
      id,
      { type: 'updated', content: { ...changeable, dueMs: before.draftedAtMs + assessWithinMs } },
      why
    )
    return { outcome: 'updated', warning: id }
  }

  return {
    async write(request) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await writeOnce(request)
        } catch (error) {
          if (tries >= triesMax || !isStoreError(error, 'STORE_CONFLICT')) throw error
        }
      }
    }
  }
}

function warningOf(head: CaseHead): WarningCase {
  const read = warningCases.check(head.state)
  if (!read.ok) throw new TypeError(`Cannot read warning ${head.id}: ${read.reason.message}`)
  return read.value
}

/** Figures in texts change with every reading; only another level, other goods, other holders or another title is a change. */
function sameContent(before: WarningCase, after: UpdatedContent): boolean {
  return essence(before) === essence(after)
}

function essence({ title, regime, hazard, proposal, scope }: UpdatedContent): string {
  const { harm, urgency, scope: spread } = proposal.criteria
  return JSON.stringify([
    title,
    regime,
    hazard,
    proposal.level,
    [harm.value, urgency.value, spread.value],
    scope.exposed.map((stay) => [stay.key, stay.place, stay.fromMs, stay.toMs]),
    scope.products,
    scope.lots,
    scope.holdings.map((holding) => [holding.party, holding.place, holding.state, holding.count]),
    scope.total
  ])
}
