/**
 * Publishes the list of a point, retained, until the broker took it: the same revision again is no harm (the agent knows it). Parts that a
 * longer list left behind are taken away.
 */
import type { ControlCase } from '@tracegate/model/control-case'
import type { ControlList } from '@tracegate/model/control'
import { planLists } from '@tracegate/model/control-plan'
import { encodeMessage } from '@tracegate/model/codec'
import { buildTopic } from '@tracegate/model/topics'
import { controlPartsMax } from '@tracegate/model/wire-limits'
import type { MessagePublisher } from '@tracegate/service/ingest'
import type { ControlEvents } from './control-events.ts'

/** Signs the text of a list; undefined where this process has no key. */
export type SignText = (list: ControlList) => Promise<ControlList>

export interface ControlPublisher {
  /** False when it must be tried again. */
  publish(state: ControlCase): Promise<boolean>
}

const empty = new Uint8Array(0)
/** A broker may lose what it retains; so often it is given every list anew, which is no news to who has it. */
const againMs = 600_000
export const roundOf = (nowMs: number): number => Math.floor(nowMs / againMs)

export function createControlPublisher(options: {
  readonly publisher: MessagePublisher | undefined
  readonly sign?: SignText | undefined
  readonly events: ControlEvents
  readonly nowMs: () => number
}): ControlPublisher {
  const { publisher, events, sign = async (list: ControlList) => list } = options
  /** Revision and parts that the broker has, by point; of this process alone. */
  const sent = new Map<string, { readonly revision: number; readonly parts: number; readonly round: number }>()
  return {
    async publish(state) {
      const { point, revision } = state
      const before = sent.get(point)
      const round = roundOf(options.nowMs())
      if (publisher === undefined || (before?.revision === revision && before.round === round)) return true
      const { lists } = planLists({ point, revision, issuedAtMs: state.issuedAtMs, orders: state.orders })
      try {
        // Part 0 last: who counts by it has the others then.
        for (const list of lists.toReversed()) {
          const topic = buildTopic({ type: 'control', point, part: list.part })
          await publisher.publish(topic, encodeMessage(await sign(withLeftOut(list, state.leftOut))), { qos: 1, retain: true })
        }
        for (let part = lists.length; part < (before?.parts ?? controlPartsMax); part += 1)
          await publisher.publish(buildTopic({ type: 'control', point, part }), empty, { qos: 1, retain: true })
        sent.set(point, { revision, parts: lists.length, round })
        events.published({ point, revision, parts: lists.length })
        return true
      } catch (error) {
        // Tried again with the next look; the case store knows that it is owed.
        events.publishFailed({ point, revision, error })
        return false
      }
    }
  }
}

function withLeftOut(list: ControlList, leftOut: number): ControlList {
  return leftOut === 0 ? list : { ...list, leftOut }
}
