/** A TCP proxy for tests whose line can go dead without closing, as a pulled cable does. */
import { connect, createServer, type Socket } from 'node:net'

export interface Proxy extends AsyncDisposable {
  readonly port: number
  /** Lines made before go dead; while frozen, new ones are dead too. */
  freeze(): void
  thaw(): void
}

export async function startProxy(targetPort: number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  let frozen = false
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near]
    ] as const) {
      sockets.add(from)
      let dead = frozen
      from.on('data', (chunk) => {
        dead ||= frozen
        if (!dead) to.write(chunk)
      })
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    freeze() {
      frozen = true
    },
    thaw() {
      frozen = false
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    }
  }
}
