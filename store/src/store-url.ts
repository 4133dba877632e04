/** The address of a store as an operator writes it. Never with a secret: what is in an address ends up in logs. Pure. */
import { storeError } from './errors.ts'
import type { InfluxKind } from './influx/client.ts'

export type StoreAddress =
  | { readonly kind: 'embedded' | 'memory' }
  | { readonly kind: InfluxKind; readonly origin: string; readonly database: string; readonly organization?: string }

interface Scheme {
  readonly kind: InfluxKind
  readonly isTls: boolean
  /** What follows the host. */
  readonly path: readonly ['database'] | readonly ['organization', 'bucket']
  readonly port: number
}

const schemes: ReadonlyMap<string, Scheme> = new Map(
  [false, true].flatMap((isTls): [string, Scheme][] => {
    const s = isTls ? 's' : ''
    return [
      [`influx${s}:`, { kind: 'influx1', isTls, path: ['database'], port: 8_086 }],
      [`influx2${s}:`, { kind: 'influx2', isTls, path: ['organization', 'bucket'], port: 8_086 }],
      [`influx3${s}:`, { kind: 'influx3', isTls, path: ['database'], port: 8_181 }]
    ]
  })
)

/** Throws `STORE_URL`. `influxs:`, `influx2s:` and `influx3s:` speak TLS. */
export function parseStoreUrl(text: string): StoreAddress {
  const wanted = 'embedded:, memory:, influx://host:8086/database, influx2://host:8086/organization/bucket or influx3://host:8181/database'
  const url = URL.parse(text)
  if (url === null) throw urlError('store', withoutSecrets(text), wanted)
  if ((url.protocol === 'embedded:' || url.protocol === 'memory:') && url.href === url.protocol)
    return { kind: url.protocol === 'memory:' ? 'memory' : 'embedded' }
  const shown = `${url.protocol}//${url.host}${url.pathname}`
  const scheme = schemes.get(url.protocol)
  if (scheme === undefined) throw urlError('store', shown, wanted)
  if (url.username !== '' || url.password !== '') throw urlError('store', shown, 'one without credentials: they have options of their own')
  if (url.search !== '' || url.hash !== '') throw urlError('store', shown, 'one that ends after its path')
  const parts = url.pathname.split('/').slice(1).map(decoded)
  if (url.hostname === '' || parts.length !== scheme.path.length || parts.some((part) => part === undefined || part === ''))
    throw urlError('store', shown, `${url.protocol}//host:${scheme.port}/${scheme.path.join('/')}`)
  const origin = `${scheme.isTls ? 'https' : 'http'}://${url.hostname}:${url.port === '' ? scheme.port : url.port}`
  const [first = '', second = ''] = parts
  if (scheme.kind === 'influx2') return { kind: scheme.kind, origin, organization: first, database: second }
  return { kind: scheme.kind, origin, database: first }
}

export function urlError(member: string, current: string, wanted: string): Error {
  return storeError('STORE_URL', { member, current, wanted })
}

/** A text that is no URL may hold a secret still. */
function withoutSecrets(text: string): string {
  return text.replace(/\/\/[^/]*@/, '//…@').slice(0, 100)
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}
