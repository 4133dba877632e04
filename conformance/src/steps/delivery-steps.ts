/** Situations of delivery: PUBACKs and watermarks that come late, twice, wrongly or never, and a broker that goes away. */
import { encodeMessage } from '@tracegate/model/codec'
import { wireVersion } from '@tracegate/model/wire-limits'
import type { Stage } from '../stage.ts'
import { gatherAcknowledged, gatherUnacknowledged, listens, resendLimitMs, type Step, topicTo } from './step.ts'

const normal: Step = {
  name: 'normal run',
  proves: [],
  async run(stage) {
    await stage.messages(8)
    await stage.pause(2_000)
  }
}

const uncommitted: Step = {
  name: 'acknowledged, not committed, line cut',
  proves: ['TG-405'],
  async run(stage) {
    stage.endpoint.behaviour.commit = false
    await gatherAcknowledged(stage)
    await cutAndSeeAgain(stage, (connection) => stage.live.acknowledged(connection).slice(-3))
    stage.endpoint.behaviour.commit = true
    await stage.pause(500)
  }
}

/** Ten seconds of silence, and as much again for the device to notice; the rule says the same. */
const silenceLimitMs = 22_000

const silent: Step = {
  name: 'acknowledged, never committed, line kept',
  proves: ['TG-405'],
  applies: (stage) => listens(stage, 'committed'),
  async run(stage) {
    const { endpoint, live } = stage
    const connection = endpoint.line?.connection ?? live.connections
    endpoint.behaviour.commit = false
    const before = live.acknowledged(connection).length
    await gatherAcknowledged(stage)
    const open = live.acknowledged(connection).slice(before)
    await stage.waitFor(() => live.cameTwice(open, connection), silenceLimitMs)
    endpoint.behaviour.commit = true
    await stage.pause(500)
  }
}

const lost: Step = {
  name: 'lost PUBACKs, line cut',
  proves: ['TG-404', 'TG-403'],
  async run(stage) {
    await gatherUnacknowledged(stage)
    await cutAndSeeAgain(stage, (connection) => stage.live.unacknowledged(connection))
  }
}

/** Cuts, and gives what was open the time to come again. */
async function cutAndSeeAgain(stage: Stage, openOf: (connection: number) => string[]): Promise<void> {
  const connection = stage.endpoint.line?.connection ?? stage.live.connections
  await stage.endpoint.cut()
  stage.endpoint.behaviour.acknowledge = 'now'
  const open = openOf(connection)
  await stage.returned(connection)
  await stage.waitFor(() => stage.live.cameAgain(open, connection), resendLimitMs)
}

const repeated: Step = {
  name: 'PUBACKs twice and for unknown packets',
  proves: ['TG-407'],
  async run(stage) {
    const { endpoint, live } = stage
    endpoint.behaviour.acknowledge = 'twice'
    await stage.messages(3)
    endpoint.behaviour.acknowledge = 'now'
    const { line } = endpoint
    if (line === undefined) return
    const inFlight = live.inFlight(line.connection)
    let unknown = 65_535
    while (inFlight.has(unknown)) unknown -= 1
    line.acknowledge(unknown)
    await stage.watch(3_500)
    await stage.messages(1)
  }
}

/** Short of the ten seconds that a device must bear. */
const slowMs = 9_500

const slow: Step = {
  name: 'PUBACKs 9.5 seconds late',
  proves: ['TG-408'],
  async run(stage) {
    const { behaviour } = stage.endpoint
    behaviour.acknowledge = { delayMs: stage.scaled(slowMs) }
    await stage.messages(1)
    await stage.pause(2_500)
    behaviour.acknowledge = 'now'
    await stage.waitFor(() => (stage.endpoint.line?.acknowledgementsWaiting ?? 0) === 0, 2 * slowMs)
  }
}

/** Sends watermarks, and waits until the device has taken them, so that a cut cannot overtake them. */
async function sendWatermarks(stage: Stage, watermarks: readonly (object | string)[]): Promise<void> {
  const { endpoint, live } = stage
  const before = live.acknowledgements
  for (const watermark of watermarks)
    endpoint.line?.publish(topicTo(stage, 'committed'), typeof watermark === 'string' ? Buffer.from(watermark) : encodeMessage(watermark))
  await stage.waitFor(() => live.acknowledgements >= before + watermarks.length, 2_000)
}

const misleading: Step = {
  name: 'watermarks that are old, of another boot, or not readable',
  proves: ['TG-409'],
  applies: (stage) => listens(stage, 'committed'),
  async run(stage) {
    const { endpoint, live } = stage
    endpoint.behaviour.commit = false
    await gatherAcknowledged(stage)
    const boot = live.boot ?? ''
    const committed = endpoint.watermarks.published(boot) ?? 0
    await sendWatermarks(stage, [
      '{"v":1,"boot":',
      { v: wireVersion, boot, upTo: -1 },
      { v: wireVersion, boot, upTo: 'all' },
      { v: wireVersion, boot: 'no-boot-of-this-device', upTo: live.lastSeq + 1_000_000 },
      ...(committed > 0 ? [{ v: wireVersion, boot, upTo: committed - 1 }] : [])
    ])
    await gatherAcknowledged(stage, 2)
    await cutAndSeeAgain(stage, (connection) => live.acknowledged(connection).slice(-5))
    endpoint.behaviour.commit = true
    await stage.pause(1_000)
  }
}

const ahead: Step = {
  name: 'a watermark beyond what was sent',
  proves: ['TG-409'],
  applies: (stage) => listens(stage, 'committed'),
  async run(stage) {
    const { endpoint, live } = stage
    endpoint.behaviour.commit = false
    await gatherAcknowledged(stage)
    await sendWatermarks(stage, [{ v: wireVersion, boot: live.boot ?? '', upTo: live.lastSeq + 1_000 }])
    await gatherAcknowledged(stage, 2)
    await cutAndSeeAgain(stage, (connection) => live.acknowledged(connection).slice(-5))
    endpoint.behaviour.commit = true
    await stage.pause(1_000)
  }
}

const credentials: Step = {
  name: 'sign-in refused, then taken',
  proves: ['TG-103', 'TG-104'],
  async run(stage) {
    const { endpoint, live } = stage
    endpoint.behaviour.admit = 'refuse-credentials'
    const before = endpoint.line?.connection ?? live.connections
    await endpoint.cut()
    await attempts(stage, before + 2)
    endpoint.behaviour.admit = 'refuse-authorization'
    await attempts(stage, before + 4)
    endpoint.behaviour.admit = 'accept'
    await stage.returned(before)
    await stage.messages(1)
  }
}

async function attempts(stage: Stage, connection: number): Promise<void> {
  await stage.waitFor(() => stage.live.connections >= connection, 30_000)
}

const downMs = 3_000

const restart: Step = {
  name: 'broker restarts and has forgotten the session',
  proves: ['TG-415'],
  async run(stage) {
    const { endpoint, live } = stage
    await gatherUnacknowledged(stage)
    const connection = endpoint.line?.connection ?? live.connections
    await endpoint.restart(stage.scaled(downMs))
    const open = live.unacknowledged(connection)
    endpoint.behaviour.acknowledge = 'now'
    await stage.returned(connection)
    await stage.waitFor(() => live.cameAgain(open, connection), resendLimitMs)
  }
}

const outageMs = 60_000

const outage: Step = {
  name: 'one minute without a connection',
  proves: ['TG-411', 'TG-503', 'TG-104'],
  async run(stage) {
    const { endpoint, live } = stage
    const connection = endpoint.line?.connection ?? live.connections
    endpoint.behaviour.admit = 'drop'
    await endpoint.cut()
    await stage.pause(outageMs)
    endpoint.behaviour.admit = 'accept'
    await stage.returned(connection)
    await stage.messages(3)
    await stage.pause(3_000)
  }
}

export const firstDeliverySteps: readonly Step[] = [normal, uncommitted, silent, lost, repeated, slow, misleading, ahead]
export const laterDeliverySteps: readonly Step[] = [credentials, restart, outage]
