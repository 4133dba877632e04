/** A line between a site and the platform that can be cut: passes bytes on, looks into none of them. */
import { connect, createServer, type Socket } from 'node:net'
import { listen } from './field-broker.ts'

export interface Line extends AsyncDisposable {
  readonly url: string
  cut(): void
  mend(): void
}

/** Further connections are closed at once. */
const connectionsMax = 64

export async function startLine(options: {
  readonly host: string
  readonly to: { readonly host: string; readonly port: number }
}): Promise<Line> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let isCut = false
  const drop = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
  }
  const server = createServer((near) => {
    if (isCut || pairs.size >= connectionsMax) {
      near.destroy()
      return
    }
    const far = connect(options.to.port, options.to.host)
    const pair = [near, far] as const
    pairs.add(pair)
    const end = (): void => {
      pairs.delete(pair)
      near.destroy()
      far.destroy()
    }
    for (const socket of pair) {
      socket.setNoDelay(true)
      socket.once('close', end)
      socket.on('error', end)
    }
    near.pipe(far)
    far.pipe(near)
  })
  const port = await listen(server, { host: options.host, port: 0, what: 'line', flag: '--host' })
  return {
    url: `mqtt://${options.host}:${port}`,
    cut() {
      isCut = true
      drop()
    },
    mend() {
      isCut = false
    },
    async [Symbol.asyncDispose]() {
      drop()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}
