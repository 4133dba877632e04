/** The taking side of the OPC UA benchmark, a process of its own: the whole edge agent, or the bare client library. Started by `opcua.ts` only. */
import { join } from 'node:path'
import { startEdge } from '@tracegate/edge/edge'
import { startBareOpcuaClient } from '@tracegate/edge/testing/bare-opcua-client'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'

export interface AgentSetup {
  readonly kind: 'agent' | 'bare'
  readonly endpoint: string
  readonly variables: number
  readonly folder: string
  readonly publishingMs: number
}

export interface AgentReport {
  /** Values after the first one of each variable, which is not counted. */
  readonly taken: number
  /** Counts that were jumped over or came again. */
  readonly gaps: number
  readonly lowestLast: number
  readonly cpuShare: number
  readonly rssMiB: number
  readonly rssMaxMiB: number
  readonly keptReadings: number
  readonly outboxMiB: number
}

if (process.send !== undefined) await run(process.send.bind(process))

async function run(send: (message: object) => void): Promise<void> {
  const setup: AgentSetup = JSON.parse(process.argv[2] ?? '')
  const counts = createCounts(setup.variables)
  const taking = setup.kind === 'bare' ? await startBare(setup, counts) : await startAgent(setup, counts)
  const deadlineMs = performance.now() + 20_000
  while (counts.seen() < setup.variables) {
    if (performance.now() > deadlineMs) throw new Error(`only ${counts.seen()} of ${setup.variables} variables gave a value in 20 s`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  let startedAt = { ms: performance.now(), cpu: process.cpuUsage() }
  let rssMaxMiB = 0
  const sampler = setInterval(() => (rssMaxMiB = Math.max(rssMaxMiB, process.memoryUsage.rss() / 2 ** 20)), 250)
  process.on('message', (order) => {
    if (order === 'begin') {
      startedAt = { ms: performance.now(), cpu: process.cpuUsage() }
      send({ begun: true })
    } else void end()
  })
  const end = async () => {
    const cpu = process.cpuUsage(startedAt.cpu)
    const elapsedMs = performance.now() - startedAt.ms
    clearInterval(sampler)
    const kept = taking.kept()
    const report: AgentReport = {
      ...counts.report(),
      cpuShare: (cpu.user + cpu.system) / 1_000 / elapsedMs,
      rssMiB: process.memoryUsage.rss() / 2 ** 20,
      rssMaxMiB,
      ...kept
    }
    send(report)
    await taking.stop()
    process.exit(0)
  }
  send({ ready: true })
}

interface Taking {
  kept(): Pick<AgentReport, 'keptReadings' | 'outboxMiB'>
  stop(): Promise<void>
}

function nodeOf(index: number): string {
  return `ns=1;s=Counter${index}`
}

async function startBare({ endpoint, variables, publishingMs }: AgentSetup, counts: Counts): Promise<Taking> {
  const nodes = Array.from({ length: variables }, (_, index) => nodeOf(index))
  const client = await startBareOpcuaClient({
    endpoint,
    nodes,
    samplingMs: 0,
    publishingMs,
    queueLengthMax: 100,
    onValue: (index, value) => counts.take(index, Number(value))
  })
  return { kept: () => ({ keptReadings: 0, outboxMiB: 0 }), stop: () => Promise.resolve(client[Symbol.asyncDispose]()) }
}

/** No broker answers: all that is taken stays in the outbox. */
async function startAgent({ endpoint, variables, folder, publishingMs }: AgentSetup, counts: Counts): Promise<Taking> {
  const edge = await startEdge(
    {
      point: 'bench',
      agent: 'agent',
      secret: 'secret-of-agent',
      brokerUrl: 'mqtt://127.0.0.1:1',
      dataDir: join(folder, 'agent'),
      devices: [],
      sources: [
        {
          type: 'opcua',
          endpoint,
          device: 'plc',
          publishingMs,
          variables: Array.from({ length: variables }, (_, index) => ({
            node: nodeOf(index),
            metric: `counter.${index}`,
            unit: '1',
            samplingMs: 0
          }))
        }
      ]
    },
    {
      logger: silentLogger,
      metrics: createMetrics(),
      check(reading) {
        counts.take(Number(reading.metric.slice('counter.'.length)), reading.value)
        return reading
      }
    }
  )
  return {
    kept: () => ({ keptReadings: edge.status().counts.readingsKept, outboxMiB: edge.status().outboxBytes / 2 ** 20 }),
    stop: () => Promise.resolve(edge[Symbol.asyncDispose]())
  }
}

interface Counts {
  take(index: number, value: number): void
  seen(): number
  report(): Pick<AgentReport, 'taken' | 'gaps' | 'lowestLast'>
}

/** Each variable counts by one: what does not follow is a loss or a repetition. */
function createCounts(variables: number): Counts {
  const last = new Float64Array(variables).fill(-1)
  let taken = 0
  let gaps = 0
  let seen = 0
  return {
    take(index, value) {
      const before = last[index] ?? -1
      if (before === -1) seen += 1
      else {
        taken += 1
        if (value !== before + 1) gaps += 1
      }
      last[index] = value
    },
    seen: () => seen,
    report: () => ({ taken, gaps, lowestLast: Math.min(...last) })
  }
}
