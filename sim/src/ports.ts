/** Finds out before anything starts whether every port is free, so that a clash is one clear line. */
import { createServer } from 'node:net'
import { serviceError } from '@tracegate/service/errors'

export interface PortClaim {
  readonly what: string
  readonly port: number
  /** The flag that changes it. */
  readonly option: string
}

/** Rejects with `PORT_IN_USE` for the first claim that another process holds; a host that is not of this machine is `CONFIG_BAD_VALUE`. */
export async function requireFreePorts(host: string, claims: readonly PortClaim[]): Promise<void> {
  for (const claim of claims) {
    if (claim.port === 0) continue
    const trouble = await tryListen(host, claim.port)
    if (trouble === undefined) continue
    if (trouble === 'EADDRINUSE') throw serviceError('PORT_IN_USE', { what: claim.what, port: claim.port, host, option: claim.option })
    throw serviceError('CONFIG_BAD_VALUE', {
      source: 'configuration',
      name: trouble === 'EACCES' ? claim.what : 'host',
      value: trouble === 'EACCES' ? claim.port : host,
      expected: trouble === 'EACCES' ? 'a port that this user may listen on' : `an address of this machine (${trouble})`
    })
  }
}

/** Gives the error code, or undefined when the port is free. */
function tryListen(host: string, port: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const server = createServer()
  server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  return promise
}
