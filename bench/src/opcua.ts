/**
 * The OPC UA source: 500 variables at 10 Hz from a real server in another process, through the source, the intake and the outbox of a whole agent in a third. Every variable
 * counts, so that a value that is missing or comes twice is seen. The baseline is the client library alone with the same subscription.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Bench, type BenchReport, compare, describeMachine } from './bench.ts'
import type { AgentReport, AgentSetup } from './opcua-agent.ts'

const variables = 500
const periodMs = 100
const publishingMs = 250
/** The agent is measured for so long, the baseline for a third of it. */
const agentSeconds = 30
const answerTimeoutMs = 60_000
/** Two publishings, for what is on its way when the counting ends. */
const settleMs = 1_500

export const bench: Bench = {
  name: 'opcua',
  about: 'OPC UA variables at 10 Hz taken into the outbox without loss, and what it costs',
  async run({ scale = 1 }): Promise<BenchReport> {
    const seconds = Math.max(2, Math.round(agentSeconds * scale))
    const bareSeconds = Math.max(2, Math.round(seconds / 3))
    const agent = await measure('agent', seconds)
    const bare = await measure('bare', bareSeconds)
    const bareOf = (what: string, value: number) => ({ what: `bare client library, ${what}`, value })
    return {
      work: `${variables} variables at ${1_000 / periodMs} Hz for ${seconds} s (${agent.sent} values), published every ${publishingMs} ms; bare client ${bareSeconds} s (${bare.sent} values)`,
      machine: describeMachine(),
      rows: [
        compare(
          { figure: 'values taken', value: agent.taken / seconds, unit: 'values/s' },
          bareOf('values/s', bare.taken / bareSeconds),
          'more'
        ),
        { figure: 'values sent and not taken', value: agent.sent - agent.taken, unit: 'values' },
        { figure: 'values out of their count', value: agent.gaps, unit: 'values' },
        { figure: 'readings in the outbox', value: agent.keptReadings, unit: 'readings' },
        compare(
          { figure: 'processor share of the agent', value: 100 * agent.cpuShare, unit: '% of a core' },
          bareOf('%', 100 * bare.cpuShare),
          'less'
        ),
        compare({ figure: 'resident memory, highest', value: agent.rssMaxMiB, unit: 'MiB' }, bareOf('MiB', bare.rssMaxMiB), 'less'),
        { figure: 'outbox on disk', value: agent.outboxMiB, unit: 'MiB' }
      ]
    }
  }
}

async function measure(kind: AgentSetup['kind'], seconds: number): Promise<AgentReport & { readonly sent: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
  const server = start('opcua-server.ts', String(variables))
  let agent: ChildProcess | undefined
  try {
    const { endpoint } = await answer<{ readonly endpoint: string }>(server)
    const setup: AgentSetup = { kind, endpoint, variables, folder, publishingMs }
    agent = start('opcua-agent.ts', JSON.stringify(setup))
    await answer(agent)
    agent.send('begin')
    await answer(agent)
    const counted = answer<{ readonly sent: number }>(server)
    server.send({ ticks: (seconds * 1_000) / periodMs, periodMs })
    const { sent } = await counted
    await sleep(settleMs)
    const reported = answer<AgentReport>(agent)
    agent.send('end')
    return { ...(await reported), sent }
  } finally {
    if (agent?.connected === true) agent.disconnect()
    agent?.kill()
    if (server.connected) server.disconnect()
    await rm(folder, { recursive: true, force: true })
  }
}

function start(file: string, argument: string): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), [argument], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
}

/** The next message of a process, whose shape is its own file's. */
function answer<Message>(child: ChildProcess): Promise<Message> {
  const { promise, resolve, reject } = Promise.withResolvers<Message>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${answerTimeoutMs} ms`)), answerTimeoutMs)
  const onExit = (code: number | null) => reject(new Error(`a process of the benchmark ended with ${code}`))
  child.once('message', (message: Message) => resolve(message))
  child.once('exit', onExit)
  return promise.finally(() => {
    clearTimeout(timer)
    child.removeListener('exit', onExit)
  })
}
