/** Kills the broker, by the command it was given, right after a PUBACK, and looks whether the message outlived it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProbeClient } from '../probe-client.ts'
import { differs, milliseconds, type Probe, type ProbeContext, refusalOf, unknown, works } from '../probe.ts'

const messages = 5
const againEveryMs = 100
const properties = { sessionExpiryInterval: 300 } as const

export interface RestartOptions {
  /** Resolves when the broker was killed and started again; it may not listen yet. */
  readonly restart: () => Promise<void>
  readonly limitMs: number
}

export function createRestartProbe({ restart, limitMs }: RestartOptions): Probe {
  return async (context) => {
    const connect = { name: 'restart', clean: false, properties }
    const topic = context.topic('restart')
    {
      await using first = await context.open(connect)
      const refusal = refusalOf(await first.subscribe(topic), 'subscription of a session that is kept')
      if (refusal !== undefined) return { acknowledgement: refusal }
    }
    await using publisher = await context.open({ name: 'restart-p' })
    let acknowledged = 0
    let pubackMs = 0
    for (let index = 0; index < messages; index += 1) {
      const answer = await publisher.publish({ topic, payload: `${index}` })
      if (answer.type === 'acknowledged') acknowledged += 1
      pubackMs = answer.tookMs
    }
    if (acknowledged < messages) return { acknowledgement: unknown(`only ${acknowledged} of ${messages} messages were acknowledged`) }
    const startedMs = performance.now()
    try {
      await restart()
    } catch (error) {
      return { acknowledgement: unknown(`the restart command failed: ${error instanceof Error ? error.message : String(error)}`) }
    }
    if (!(await publisher.until(() => publisher.closed, context.quietMs)))
      return { acknowledgement: unknown('the restart command did not end the connections of the broker: was it restarted?') }
    const again = await openAgain(context, connect, limitMs)
    if (again === undefined) return { acknowledgement: unknown(`the broker did not come back within ${limitMs / 1_000} s`) }
    await using client = again
    const downMs = performance.now() - startedMs
    await client.until(() => client.received.length >= messages)
    const survived = new Set(client.received.map(({ payload }) => payload.toString())).size
    const value = { acknowledged: messages, survived, sessionPresent: client.connack.sessionPresent, pubackMs, downMs }
    if (survived === messages)
      return { acknowledgement: works(`all of ${messages} acknowledged messages outlived a kill right after their PUBACK`, value) }
    const session = value.sessionPresent ? '' : ', and the session is forgotten'
    return {
      acknowledgement: differs(
        `acknowledged before it is stored: ${messages - survived} of ${messages} messages were lost by a kill after their PUBACK (${milliseconds(pubackMs)})${session}`,
        value
      )
    }
  }
}

async function openAgain(
  context: ProbeContext,
  connect: Parameters<ProbeContext['open']>[0],
  limitMs: number
): Promise<ProbeClient | undefined> {
  const endMs = performance.now() + limitMs
  while (performance.now() < endMs && !context.signal.aborted) {
    try {
      return await context.open(connect)
    } catch {
      await sleep(againEveryMs)
    }
  }
  return undefined
}
