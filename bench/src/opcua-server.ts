/** The server of the OPC UA benchmark, a process of its own: variables that count. Started by `opcua.ts` only. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCountingServer } from '@tracegate/edge/testing/counting-opcua-server'

export interface ServerOrder {
  readonly ticks: number
  readonly periodMs: number
}

if (process.send !== undefined) await serve(process.send.bind(process), Number(process.argv[2]))

async function serve(send: (message: object) => void, variables: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
  const server = await startCountingServer({ variables, folder })
  const count = async ({ ticks, periodMs }: ServerOrder) => {
    const startedMs = performance.now()
    for (let tick = 1; tick <= ticks; tick += 1) {
      // Against the start, so that a late tick does not delay all after it.
      await sleep(Math.max(0, startedMs + tick * periodMs - performance.now()))
      server.setAll(tick)
    }
    send({ sent: ticks * variables })
  }
  const end = async () => {
    await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
    process.exit(0)
  }
  process.on('message', (order: ServerOrder) => void count(order))
  process.once('disconnect', () => void end())
  send({ endpoint: server.endpoint })
}
