/** The open deadlines of measures, control orders, warnings and recalls, and which step of escalation is due. Pure. */
import { type ControlCase, isApplied } from '@tracegate/model/control-case'
import { type EscalationRecord, type MeasureCase, measureNames } from '@tracegate/model/measure'
import type { ClockName, MeasuresPolicy } from '@tracegate/model/policy/measures'
import type { RecallCase } from '@tracegate/model/recall-case'
import type { Task } from '@tracegate/model/task'
import type { WarningCase } from '@tracegate/model/warning'

/** A deadline that runs: a task but for what depends on the time of asking. */
export type Deadline = Omit<Task, 'overdue'>

export function deadlineOfMeasure(measure: MeasureCase): Deadline | undefined {
  const { deadlines, status } = measure
  const at = (clock: ClockName, dueMs: number | undefined, right: string): Deadline | undefined =>
    dueMs === undefined
      ? undefined
      : {
          clock,
          kind: 'measure',
          case: measure.id,
          title: measureNames[measure.type],
          right,
          dueMs,
          ...(measure.addressee.type === 'point' ? { point: measure.addressee.point } : {}),
          drill: measure.drill,
          escalations: measure.escalations.filter((one) => one.clock === clock && one.dueMs === dueMs)
        }
  if (status === 'ordered') return at('measureAcknowledge', deadlines.acknowledgeMs, 'respond')
  if (status === 'acknowledged' || status === 'executing') return at('measureExecute', deadlines.executeMs, 'respond')
  if (status === 'done' || status === 'failed') return at('measureEvaluate', deadlines.evaluateMs, 'order')
  return undefined
}

export function deadlineOfControl(control: ControlCase): Deadline | undefined {
  const { dueMs, point } = control
  if (dueMs === undefined || isApplied(control)) return undefined
  return {
    clock: 'pointSilent',
    kind: 'control',
    case: point,
    title: { zh: '监测点未执行布控指令', en: 'The point has not applied its control orders' },
    right: 'order',
    dueMs,
    point,
    drill: control.orders.length > 0 && control.orders.every(({ head }) => head.drill === true),
    escalations: control.escalations.filter((one) => one.clock === 'pointSilent' && one.dueMs === dueMs)
  }
}

/** What is due next in the workflow of a warning: the right of that step. */
const warningRights: Readonly<Partial<Record<WarningCase['status'], string>>> = {
  draft: 'assess',
  assessed: 'approve',
  approved: 'publish'
}

export function deadlineOfWarning(warning: WarningCase, escalations: readonly EscalationRecord[]): Deadline | undefined {
  const { dueMs, status, level } = warning
  if (dueMs === undefined) return undefined
  const published = status === 'published'
  const right = published ? 'assess' : warningRights[status]
  if (right === undefined) return undefined
  const clock = published ? 'evaluationDue' : 'warningDue'
  return {
    clock,
    kind: 'warning',
    case: warning.id,
    title: warning.title,
    right: right === 'publish' && level === 'I' ? 'publishLevelI' : right,
    dueMs,
    ...(warning.point === undefined ? {} : { point: warning.point }),
    drill: warning.drill,
    escalations: escalations.filter((one) => one.clock === clock && one.dueMs === dueMs)
  }
}

const recallRights = { investigating: 'inspect', plan: 'respond', running: 'respond' } as const

export function deadlineOfRecall(recall: RecallCase, escalations: readonly EscalationRecord[]): Deadline | undefined {
  const at = (clock: ClockName, dueMs: number | undefined, right: string): Deadline | undefined =>
    dueMs === undefined
      ? undefined
      : {
          clock,
          kind: 'recall',
          case: recall.id,
          title: recall.title,
          right,
          dueMs,
          drill: recall.drill,
          escalations: escalations.filter((one) => one.clock === clock && one.dueMs === dueMs)
        }
  const { status } = recall
  if (status === 'running' || status === 'extended') return at('recallDue', recall.completeByMs, recallRights.running)
  if (status === 'ordered') return at('recallPlanDue', recall.order?.planDueMs, recallRights.plan)
  if (status !== 'reported' && status !== 'investigating') return undefined
  const investigation = recall.investigation
  if (investigation !== undefined && investigation.ended === undefined)
    return at('recallDue', investigation.dueMs, recallRights.investigating)
  return at('recallPlanDue', recall.planDueMs, recallRights.plan)
}

/** The steps whose time has come and that were not taken, earliest first. */
export function dueEscalations(deadline: Deadline, policy: MeasuresPolicy, nowMs: number): Omit<EscalationRecord, 'atMs'>[] {
  const { clock, dueMs } = deadline
  const taken = new Set(deadline.escalations.map(({ step }) => step))
  const steps = policy.escalations.find((entry) => entry.clock === clock)?.steps ?? []
  return steps.flatMap(({ afterMs, right, to }, step) =>
    nowMs >= dueMs + afterMs && !taken.has(step) ? [{ clock, step, right, to, dueMs }] : []
  )
}

/** When something is due next: a deadline itself or the next step of its escalation. */
export function nextTimeMs(deadline: Deadline, policy: MeasuresPolicy, nowMs: number): number | undefined {
  const steps = policy.escalations.find((entry) => entry.clock === deadline.clock)?.steps ?? []
  const ahead = [0, ...steps.map(({ afterMs }) => afterMs)].map((afterMs) => deadline.dueMs + afterMs).filter((atMs) => atMs > nowMs)
  return ahead.length === 0 ? undefined : Math.min(...ahead)
}
