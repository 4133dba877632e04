/** The orders that the kit sent, as far as they can be read, and what the device answered. Pure. */
import { Type } from 'typebox'
import { Command, type CommandReply } from '@tracegate/model/command'
import { compileValidator, decodePayload } from '@tracegate/model/codec'
import { buildTopic } from '@tracegate/model/topics'
import type { Publish, Sent, View } from '../view.ts'

export interface Order {
  readonly sent: Sent
  /** Empty when it cannot be read. */
  readonly id: string
  readonly name: string
  readonly deadlineMs: number
  /** Whether it has an id, a name and a deadline. */
  readonly readable: boolean
  /** Whether it matches the schema. */
  readonly valid: boolean
  readonly expired: boolean
  /** Whether an order of this id was sent before. */
  readonly repeated: boolean
}

const readableOrder = compileValidator(
  Type.Object({ v: Type.Literal(1), id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }), name: Type.String(), deadlineMs: Type.Number() })
)
const command = compileValidator(Command)

export function ordersOf(view: View): Order[] {
  const { point, device } = view.scene
  const topic = buildTopic({ type: 'device', point, device, channel: 'command' })
  const ids = new Set<string>()
  return view.connections
    .flatMap(({ sent }) => sent.filter((one) => one.topic === topic))
    .map((sent) => {
      const decoded = decodePayload(sent.bytes)
      const read = decoded.ok ? readableOrder.check(decoded.value) : decoded
      if (!decoded.ok || !read.ok)
        return { sent, id: '', name: '', deadlineMs: 0, readable: false, valid: false, expired: false, repeated: false }
      const { id, name, deadlineMs } = read.value
      const repeated = ids.has(id)
      ids.add(id)
      return {
        sent,
        id,
        name,
        deadlineMs,
        readable: true,
        valid: command.check(decoded.value).ok,
        expired: deadlineMs <= sent.atMs,
        repeated
      }
    })
}

export interface ReplySeen {
  readonly publish: Publish
  readonly reply: CommandReply
}

function repliesOf(view: View): ReplySeen[] {
  return view.publishes.flatMap((publish) => (publish.message?.type === 'reply' ? [{ publish, reply: publish.message.value }] : []))
}

/** The replies to one sending of an order: those with its id until it was sent again. */
export function repliesTo(view: View, order: Order, orders: readonly Order[]): ReplySeen[] {
  const next = orders.find(({ id, sent }) => id === order.id && sent.line > order.sent.line)
  return repliesOf(view).filter(
    ({ reply, publish }) => reply.id === order.id && publish.line > order.sent.line && (next === undefined || publish.line < next.sent.line)
  )
}
