/**
 * The check of an HTTP source: reads the tokens, and listens for one request of each device. It keeps nothing: who sends is answered 503 and
 * tries again. Where the running agent has the address, it only makes sure that it answers.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProbeFinding, ProbeOptions } from '../source.ts'
import { createEndpoint } from './endpoint.ts'
import { httpDefaults, type HttpSource } from './http-config.ts'
import type { Posted } from './requests.ts'
import { readTokens, type Tokens } from './tokens.ts'

export async function* probeHttp(config: HttpSource, options: ProbeOptions): AsyncGenerator<ProbeFinding> {
  const { host, port } = { ...httpDefaults, ...config }
  const item = `${host}:${port}`
  let tokens: Tokens
  try {
    tokens = readTokens(config, process.env)
  } catch (error) {
    yield { item, ok: false, detail: error instanceof Error ? error.message : String(error) }
    return
  }
  yield { item: 'tokens', ok: true, detail: `${config.devices.length} tokens read` }
  const firsts = new Map(config.devices.map(({ device }) => [device, Promise.withResolvers<ProbeFinding>()]))
  const server = createEndpoint({
    config,
    tokens,
    keep(posted, { device }) {
      firsts.get(device)?.resolve({ item: device, ok: true, detail: textOf(posted) })
      return Promise.reject(new Error('this is a check, expected the running agent; try again'))
    },
    onRequest({ device, status, code }) {
      if (device !== undefined && status !== 503)
        firsts.get(device)?.resolve({ item: device, ok: false, detail: `answered ${status} ${code}` })
    }
  })
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  server.once('listening', () => resolve(undefined))
  server.once('error', (error) => resolve(error.message))
  server.listen(port, host)
  const failure = await promise
  if (failure !== undefined) {
    yield await findAgent(config, { item, failure, signal: options.signal })
    return
  }
  try {
    yield { item, ok: true, detail: 'the address is free' }
    const late = sleep(options.waitMs, undefined, { signal: options.signal }).catch(() => undefined)
    for (const [device, first] of firsts) {
      const detail = `no request within ${options.waitMs} ms, expected one with its token`
      yield await Promise.race([first.promise, late.then(() => ({ item: device, ok: false, detail }))])
    }
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** A request without a token is answered 401 by an endpoint of this kind. */
async function findAgent(
  config: HttpSource,
  { item, failure, signal }: { readonly item: string; readonly failure: string; readonly signal: AbortSignal }
): Promise<ProbeFinding> {
  const { host, port } = { ...httpDefaults, ...config }
  const scheme = config.certificateFile === undefined ? 'http' : 'https'
  const wanted = `cannot listen: ${failure}; expected a free address, or the running agent there`
  try {
    const answer = await fetch(`${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}/v1/readings`, {
      method: 'POST',
      signal: AbortSignal.any([signal, AbortSignal.timeout(2_000)])
    })
    const isOurs = answer.status === 401 && (answer.headers.get('www-authenticate') ?? '').includes('tracegate-edge')
    return { item, ok: isOurs, detail: isOurs ? 'the running agent answers at this address' : wanted }
  } catch {
    return { item, ok: false, detail: wanted }
  }
}

function textOf(posted: Posted): string {
  if (posted.type === 'events') return `an event: ${JSON.stringify(posted.epcis).slice(0, 200)}`
  if (posted.type === 'scans')
    return posted.scans
      .slice(0, 10)
      .map(({ symbology, data }) => `scan ${symbology} ${data}`)
      .join(', ')
  return posted.readings
    .slice(0, 10)
    .map(({ metric, value, unit }) => `${metric} = ${Number.isNaN(value) ? 'no value' : `${value} ${unit}`}`)
    .join(', ')
}
