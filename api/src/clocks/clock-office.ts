/**
 * One office for all deadlines: looks them up in the case store, passes on those that ran out by the steps of the policy, and says what
 * needs somebody. It keeps nothing in memory that matters: after a restart, and with another process beside it, each step is journalled
 * once, because the journal is asked again before it is written. It decides no case.
 */
import { compileValidator } from '@tracegate/model/codec'
import { isOpenMeasure } from '@tracegate/model/measure'
import { clockNames } from '@tracegate/model/policy/measures'
import { RecallCase } from '@tracegate/model/recall-case'
import type { Task } from '@tracegate/model/task'
import { warningCases } from '@tracegate/model/warning-cases'
import type { CaseKind, CaseStore } from '@tracegate/store/case-store'
import type { ControlEvents } from '../measures/control-events.ts'
import type { ControlBook, MeasureBook } from '../measures/measure-book.ts'
import type { PolicyBook } from '../policy/policy-book.ts'
import {
  type Deadline,
  deadlineOfControl,
  deadlineOfMeasure,
  deadlineOfRecall,
  deadlineOfWarning,
  dueEscalations,
  nextTimeMs
} from './deadlines.ts'
import { createEscalationLog, isSameEscalation } from './escalation-log.ts'

interface TaskQuestion {
  readonly right?: string
  readonly kind?: Task['kind']
  readonly point?: string
  readonly overdue?: boolean
  readonly limit: number
}

export interface ClockOffice extends AsyncDisposable {
  start(): void
  /** Looks at every deadline now; resolves when what was due is journalled. */
  look(): Promise<void>
  /** What needs somebody, the most urgent first. */
  tasks(question: TaskQuestion): Promise<{ items: Task[]; total: number; overdue: number; truncated: boolean; nextMs?: number }>
}

export interface ClockOfficeOptions {
  readonly cases: CaseStore
  readonly measures: MeasureBook
  readonly control: ControlBook
  readonly policy: PolicyBook
  readonly events: ControlEvents
  readonly nowMs: () => number
  readonly lookEveryMs?: number
}

/** Who writes a step of escalation. */
const clockName = 'tracegate/clocks'
/** Open cases of one kind that are looked at; the oldest ones past it wait until others have ended, which is told. */
const openCasesMax = 5_000
const lookEveryDefaultMs = 15_000
const recalls = compileValidator(RecallCase)

export function createClockOffice(options: ClockOfficeOptions): ClockOffice {
  const { cases, policy, events, nowMs } = options
  const log = createEscalationLog({ cases, nowMs })
  let running: Promise<void> = Promise.resolve()
  let every: NodeJS.Timeout | undefined
  let closed = false

  /** Every open case of a kind as what `read` makes of it. */
  async function openOf<Value>(
    kind: CaseKind,
    read: (state: unknown) => Value | undefined
  ): Promise<{ items: Value[]; truncated: boolean }> {
    const items: Value[] = []
    let cursor: string | undefined
    do {
      const page = await cases.heads({ kind, open: true, limit: 500, ...(cursor === undefined ? {} : { cursor }) })
      for (const { state } of page.heads) {
        const value = read(state)
        if (value !== undefined) items.push(value)
      }
      cursor = page.next
    } while (cursor !== undefined && items.length < openCasesMax)
    return { items, truncated: cursor !== undefined }
  }

  async function deadlines(): Promise<{ all: Deadline[]; truncated: boolean }> {
    const [measures, control, warnings, recallCases] = await Promise.all([
      options.measures.open(openCasesMax),
      options.control.open(openCasesMax),
      openOf('warning', (state) => valueOf(warningCases.check(state))),
      openOf('recall', (state) => valueOf(recalls.check(state)))
    ])
    const due = <Case extends { readonly id: string }>(
      kind: 'warning' | 'recall',
      open: readonly Case[],
      deadlineOf: (one: Case, escalations: Deadline['escalations']) => Deadline | undefined
    ) =>
      Promise.all(
        open.map(async (one) => {
          const deadline = deadlineOf(one, [])
          // Only what has run out can have been passed on.
          return deadline === undefined || deadline.dueMs > nowMs() ? deadline : deadlineOf(one, [...(await log.of(kind, one.id))])
        })
      )
    const all = [
      ...measures.items.filter(isOpenMeasure).map(deadlineOfMeasure),
      ...control.items.map(deadlineOfControl),
      ...(await due('warning', warnings.items, deadlineOfWarning)),
      ...(await due('recall', recallCases.items, deadlineOfRecall))
    ].filter((deadline) => deadline !== undefined)
    return { all, truncated: [measures, control, warnings, recallCases].some(({ truncated }) => truncated) }
  }

  async function passOn(deadline: Deadline, step: ReturnType<typeof dueEscalations>[number]): Promise<void> {
    const why = `${step.clock} was due ${new Date(step.dueMs).toISOString()}`
    const request = { id: deadline.case, by: clockName, why }
    let added = false
    if (deadline.kind === 'measure')
      await options.measures.act({
        ...request,
        decide(before) {
          // Somebody may have acted, or another process passed it on, since it was looked up.
          added =
            before !== undefined &&
            deadlineOfMeasure(before)?.clock === step.clock &&
            !before.escalations.some((one) => isSameEscalation(one, step))
          return added ? { type: 'escalated', escalation: step } : undefined
        }
      })
    else if (deadline.kind === 'control')
      await options.control.act({
        ...request,
        decide(before) {
          added =
            before !== undefined &&
            deadlineOfControl(before) !== undefined &&
            !before.escalations.some((one) => isSameEscalation(one, step))
          return added ? { type: 'escalated', escalation: step } : undefined
        }
      })
    else added = await log.add(deadline.kind, deadline.case, step, clockName)
    if (added) events.escalated({ clock: step.clock, case: deadline.case, step: step.step, right: step.right })
  }

  async function lookNow(): Promise<void> {
    const { policy: current } = await policy.current()
    const { all } = await deadlines()
    for (const deadline of all)
      for (const step of dueEscalations(deadline, current.measures, nowMs())) {
        if (closed) return
        await passOn(deadline, step)
      }
    events.tasks(
      clockNames.map((clock) => {
        const own = all.filter((deadline) => deadline.clock === clock)
        return { clock, open: own.length, overdue: own.filter(({ dueMs }) => dueMs < nowMs()).length }
      })
    )
  }

  const look = (): Promise<void> => {
    running = running.then(() => (closed ? undefined : lookNow())).catch((error: unknown) => events.failed(error))
    return running
  }

  return {
    look,
    start() {
      void look()
      every = setInterval(() => void look(), options.lookEveryMs ?? lookEveryDefaultMs)
      every.unref()
    },
    async tasks({ right, kind, point, overdue, limit }) {
      const { policy: current } = await policy.current()
      const { all, truncated } = await deadlines()
      const atMs = nowMs()
      const next = all.flatMap((deadline) => nextTimeMs(deadline, current.measures, atMs) ?? [])
      const fitting = all
        .map((deadline): Task => ({ ...deadline, overdue: deadline.dueMs < atMs }))
        .filter(
          (task) =>
            (right === undefined || task.right === right || task.escalations.some((step) => step.right === right)) &&
            (kind === undefined || task.kind === kind) &&
            (point === undefined || task.point === point) &&
            (overdue === undefined || task.overdue === overdue)
        )
        .toSorted((left, other) => left.dueMs - other.dueMs || (left.case < other.case ? -1 : 1))
      return {
        items: fitting.slice(0, limit),
        total: fitting.length,
        overdue: fitting.filter((task) => task.overdue).length,
        truncated,
        ...(next.length === 0 ? {} : { nextMs: Math.min(...next) })
      }
    },
    async [Symbol.asyncDispose]() {
      closed = true
      clearInterval(every)
      await running
    }
  }
}

function valueOf<Value>(read: { readonly ok: true; readonly value: Value } | { readonly ok: false }): Value | undefined {
  return read.ok ? read.value : undefined
}
