/**
 * Certificate, key and client authorities of a TLS listener: read from PEM text or files, read again when the files change, and
 * kept as they were when what was read does not fit together. It opens no port.
 */
import { X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { brokerError } from './errors.ts'

/** Whether clients are asked for a certificate: not at all, may have one, or are sent away without one. */
export const clientCertificateModes = ['none', 'optional', 'required'] as const
export type ClientCertificateMode = (typeof clientCertificateModes)[number]

export interface TlsOptions {
  /** PEM text, or the path of a PEM file: the server's certificate, then those that lead to its authority. */
  readonly certificate: string
  /** PEM text, or the path of a PEM file. */
  readonly key: string
  readonly keyPassphrase?: string
  /** Authorities whose client certificates are trusted by their issuer: PEM text, or the path of a PEM file. */
  readonly clientCa?: string
  /** Default `optional`. */
  readonly clientCertificate?: ClientCertificateMode
  /** How often the files are looked at. Default 10 s. */
  readonly reloadEveryMs?: number
}

export interface TlsMaterial {
  /** What `setSecureContext` takes. */
  readonly context: () => SecureContextOptions
  readonly expiresAtMs: () => number
  /** Reads anew; gives whether anything changed. Rejects with `BROKER_TLS_MATERIAL`, and keeps what was, when it cannot be used. */
  reload(): Promise<boolean>
  close(): void
}

export interface TlsMaterialEvents {
  /** New connections are to use the new material. */
  readonly onChange: (context: SecureContextOptions) => void
  readonly onFault: (error: unknown) => void
}

const reloadEveryDefaultMs = 10_000
const pemBytesMax = 1_048_576

interface Texts {
  readonly certificate: string
  readonly key: string
  readonly clientCa: string | undefined
}

export async function openTlsMaterial(options: TlsOptions, events: TlsMaterialEvents): Promise<TlsMaterial> {
  let texts = await readTexts(options)
  let made = contextOf(options, texts)
  let reloading: Promise<boolean> | undefined

  async function reloadOnce(): Promise<boolean> {
    const next = await readTexts(options)
    if (next.certificate === texts.certificate && next.key === texts.key && next.clientCa === texts.clientCa) return false
    made = contextOf(options, next)
    texts = next
    events.onChange(made.context)
    return true
  }
  const reload = () => (reloading ??= reloadOnce().finally(() => (reloading = undefined)))
  const look = () => void reload().catch(events.onFault)
  const timer = setInterval(look, options.reloadEveryMs ?? reloadEveryDefaultMs)
  timer.unref()
  return { context: () => made.context, expiresAtMs: () => made.expiresAtMs, reload, close: () => clearInterval(timer) }
}

async function readTexts(options: TlsOptions): Promise<Texts> {
  const [certificate, key, clientCa] = await Promise.all([
    readPem('certificate', options.certificate),
    readPem('key', options.key),
    options.clientCa === undefined ? undefined : readPem('client authorities', options.clientCa)
  ])
  return { certificate, key, clientCa }
}

async function readPem(what: string, source: string): Promise<string> {
  if (source.includes('-----BEGIN ')) return source
  try {
    const { size } = await stat(source)
    if (size > pemBytesMax) throw new RangeError(`file has ${size} bytes, expected at most ${pemBytesMax}`)
    const text = await readFile(source, 'utf8')
    if (!text.includes('-----BEGIN ')) throw new RangeError('file holds no PEM block')
    return text
  } catch (error) {
    throw materialError(`${what} "${source}"`, error)
  }
}

/** OpenSSL refuses a key that does not belong to the certificate. */
function contextOf(options: TlsOptions, texts: Texts): { readonly context: SecureContextOptions; readonly expiresAtMs: number } {
  const context: SecureContextOptions = {
    cert: texts.certificate,
    key: texts.key,
    // Without a list of its own OpenSSL would trust every public authority for clients.
    ca: texts.clientCa === undefined ? [] : texts.clientCa,
    minVersion: 'TLSv1.2',
    honorCipherOrder: true,
    ...(options.keyPassphrase === undefined ? {} : { passphrase: options.keyPassphrase })
  }
  try {
    createSecureContext(context)
    return { context, expiresAtMs: new X509Certificate(texts.certificate).validToDate.getTime() }
  } catch (error) {
    throw materialError('certificate and key', error)
  }
}

function materialError(what: string, error: unknown) {
  return brokerError('BROKER_TLS_MATERIAL', { what, detail: error instanceof Error ? error.message : String(error) }, error)
}
