/** How the reference device takes orders: once each, in time, and with an answer; or wrongly by a flaw. */
import { Type } from 'typebox'
import { Command, type CommandReply } from '@tracegate/model/command'
import { compileValidator, decodePayload } from '@tracegate/model/codec'
import type { Flaw } from './flaws.ts'

export interface ReferenceOrdersOptions {
  readonly is: (...names: Flaw[]) => boolean
  /** What the device takes for the present when it looks at a deadline. */
  readonly nowMs: () => number
  /** The time that it writes into a reply. */
  readonly stamp: () => number
  readonly rebirth: () => void
  readonly reply: (bytes: Buffer) => void
  readonly die: () => void
}

const command = compileValidator(Command)
const readable = compileValidator(
  Type.Object({ v: Type.Literal(1), id: Type.String({ minLength: 1 }), name: Type.String(), deadlineMs: Type.Number() })
)
/** Longer than the kit waits for an answer in its tests. */
const lateMs = 2_300

/** Gives the function that takes what comes on the command topic. */
export function createReferenceOrders({ is, nowMs, stamp, rebirth, reply, die }: ReferenceOrdersOptions): (bytes: Buffer) => void {
  const answers = new Map<string, CommandReply>()
  const send = (whole: CommandReply): void => {
    if (is('never-answers')) return
    const bytes = Buffer.from(JSON.stringify(whole))
    if (is('answers-late')) setTimeout(() => reply(bytes), lateMs)
    else reply(bytes)
  }
  const answer = (part: Omit<CommandReply, 'v' | 'timeMs'>): void => {
    const whole: CommandReply = { v: 1, ...part, timeMs: stamp() }
    answers.set(part.id, whole)
    send(whole)
  }
  return (bytes) => {
    const decoded = decodePayload(bytes)
    const order = decoded.ok ? readable.check(decoded.value) : decoded
    if (!decoded.ok || !order.ok) {
      if (is('dies-on-garbage')) die()
      return
    }
    const { id, deadlineMs } = order.value
    const known = answers.get(id)
    if (known !== undefined && !is('executes-twice')) return send(known)
    if (deadlineMs <= nowMs() && !is('executes-expired')) return answer({ id, status: 'expired' })
    const checked = command.check(decoded.value)
    if (!checked.ok || checked.value.name !== 'rebirth')
      return answer(is('unknown-order-done') ? { id, status: 'done' } : { id, status: 'refused', message: 'not known here' })
    if (!is('ignores-rebirth')) rebirth()
    answer({ id, status: 'done' })
  }
}
