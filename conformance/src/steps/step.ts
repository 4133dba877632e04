/** One situation that the kit brings about. It judges nothing: the rules read from the log what came of it. */
import { buildTopic, type PlatformChannel } from '@tracegate/model/topics'
import { filterCovers } from '../topic-filter.ts'
import type { Stage } from '../stage.ts'

export interface Step {
  readonly name: string
  /** What the situation is needed for. */
  readonly proves: readonly string[]
  /** Whether it makes sense for this device. */
  readonly applies?: (stage: Stage) => boolean
  run(stage: Stage): Promise<void>
}

export function topicTo(stage: Stage, channel: PlatformChannel): string {
  return buildTopic({ type: 'device', point: stage.scene.point, device: stage.scene.device, channel })
}

/** Whether the device has subscribed to a channel on its present connection. */
export function listens(stage: Stage, channel: PlatformChannel): boolean {
  const topic = topicTo(stage, channel)
  return [...(stage.endpoint.line?.filters ?? [])].some((filter) => filterCovers(filter, topic))
}

const fewMessages = 3
/** PUBACKs may be late by ten seconds, so a device that gives up sooner than this is wrong. */
const withholdMs = 6_000

/** Until a few messages wait for a PUBACK that does not come. */
export async function gatherUnacknowledged(stage: Stage): Promise<void> {
  stage.endpoint.behaviour.acknowledge = 'withhold'
  const waiting = () => stage.live.unacknowledged(stage.endpoint.line?.connection ?? 0).length
  await stage.messages(1)
  await stage.waitFor(() => waiting() >= fewMessages, withholdMs)
}

/** Until a few messages more than now are acknowledged. */
export async function gatherAcknowledged(stage: Stage, count: number = fewMessages): Promise<void> {
  await stage.messages(count)
  await stage.pause(300)
}

/** How long what was lost is waited for; the rules call it lost after as much. */
export const resendLimitMs = 9_000
