/** What needs somebody by when: open cases with their next deadline, and who is called when it passes. Schemas only. */
import { Type, type Static } from 'typebox'
import { EscalationRecord } from './measure.ts'
import { clockNames } from './policy/measures.ts'
import { BilingualText } from './text.ts'
import { TimeMs } from './wire.ts'

export const taskKinds = ['measure', 'warning', 'recall', 'control'] as const
export type TaskKind = (typeof taskKinds)[number]

export const Task = Type.Object(
  {
    clock: Type.Enum(clockNames),
    kind: Type.Enum(taskKinds),
    case: Type.String({ description: 'Id of the case; of control orders the point' }),
    title: BilingualText,
    /** Who can do it: the right of the step that is due. */
    right: Type.String(),
    dueMs: TimeMs,
    overdue: Type.Boolean(),
    point: Type.Optional(Type.String()),
    drill: Type.Boolean(),
    /** Steps of escalation that were taken for this deadline, oldest first. */
    escalations: Type.Array(EscalationRecord)
  },
  { title: 'task' }
)
export type Task = Static<typeof Task>

export const TaskPage = Type.Object({
  items: Type.Array(Task),
  total: Type.Integer({ minimum: 0 }),
  overdue: Type.Integer({ minimum: 0 }),
  /** More cases are open than are looked at. */
  truncated: Type.Boolean(),
  nextMs: Type.Optional(TimeMs)
})
