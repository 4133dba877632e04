/**
 * The agent under test of the backlog benchmark, in a process of its own: `edge-backlog-agent.ts fill|replay <broker> <data folder> <shape>
 * <seconds>`. It is the real agent with the real intake and outbox; only the seconds of the fill pass faster. Talks over the IPC channel.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Edge } from '@tracegate/edge/edge'
import { keepMemorySmall } from '@tracegate/edge/memory'
import { createPoint, shapes } from './edge-backlog-shapes.ts'

const [mode = '', brokerUrl = '', dataDir = '', shapeName = '', seconds = '0', sync = 'normal'] = process.argv.slice(2)
const alarmEveryMs = 25
const waitMaxMs = 900_000
const quietMs = 4_000

if (import.meta.main) await main()

async function main(): Promise<void> {
  // As the command line of the agent does it: first the limits, then the modules.
  keepMemorySmall()
  const [{ startEdge }, { silentLogger }, { createMetrics }] = await Promise.all([
    import('@tracegate/edge/edge'),
    import('@tracegate/service/log'),
    import('@tracegate/service/metrics')
  ])
  const edge = await startEdge(
    {
      point: 'cold-store',
      agent: 'agent',
      secret: 'secret',
      brokerUrl,
      dataDir,
      outboxBytesMax: 419_430_400,
      outboxSync: sync === 'full' ? 'full' : 'normal',
      replayMessagesPerSecondMax: 1_000_000,
      flushTimeoutMs: 5_000,
      alarms: [{ metric: 'alarmTest', high: 1 }],
      sources: [],
      devices: []
    },
    { logger: silentLogger, metrics: createMetrics() }
  )
  process.send?.(mode === 'fill' ? await fill(edge) : await replay(edge))
  await edge[Symbol.asyncDispose]()
  process.exit(0)
}

async function fill(edge: Edge): Promise<object> {
  const shape = shapes[shapeName]
  if (shape === undefined) throw new TypeError(`Cannot fill: shape is "${shapeName}", expected one of ${Object.keys(shapes).join(', ')}`)
  const point = createPoint(shape)
  const startedMs = performance.now()
  for (let second = 0; second < Number(seconds); second += 1) await edge.intake.readingsDurably(point(second))
  const tookMs = performance.now() - startedMs
  const { outboxMessages, outboxBytes, counts } = edge.status()
  return { tookMs, messages: outboxMessages, bytes: outboxBytes, dropped: counts.readingsDropped, residentMiB: residentMaxMiB() }
}

/** Until all is committed, with an alarm every few milliseconds; then alarms alone. */
async function replay(edge: Edge): Promise<object> {
  const connectedBy = performance.now() + 60_000
  while (!edge.status().connected && performance.now() < connectedBy) await sleep(5)
  const startedMs = performance.now()
  let alarms = 0
  const ring = () => {
    alarms += 1
    // The value is the time at which it was taken: the other end tells how long it was on the way.
    const reading = { device: 'siren', metric: 'alarmTest', unit: 'ms', timeMs: Date.now(), value: wallMs(), quality: 2 } as const
    edge.intake.readings([reading])
  }
  const ringing = setInterval(ring, alarmEveryMs)
  const { readingsCommitted } = edge.status().counts
  const cpuBefore = process.cpuUsage()
  while (edge.status().outboxMessages > 5 && performance.now() - startedMs < waitMaxMs) await sleep(50)
  const tookMs = performance.now() - startedMs
  const readings = edge.status().counts.readingsCommitted - readingsCommitted
  const cpu = process.cpuUsage(cpuBefore)
  process.send?.({
    tookMs,
    readings,
    alarms,
    residentMiB: residentMaxMiB(),
    left: edge.status().outboxMessages,
    cpuMs: (cpu.user + cpu.system) / 1_000
  })
  await sleep(quietMs)
  clearInterval(ringing)
  return { alarms }
}

function wallMs(): number {
  return performance.timeOrigin + performance.now()
}

/** The most that the process ever held, as the kernel counts it. */
function residentMaxMiB(): number {
  const found = /VmHWM:\s+(\d+) kB/.exec(process.platform === 'linux' ? readFileSync('/proc/self/status', 'utf8') : '')
  return found === null ? process.memoryUsage().rss / 1_048_576 : Number(found[1]) / 1_024
}
