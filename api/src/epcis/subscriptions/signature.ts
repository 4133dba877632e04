/**
 * `GS1-Signature` of a webhook: `t=<seconds since 1970>,v1=<hex>`, where hex is the HMAC-SHA-256, keyed with the UTF-8 of the
 * signatureToken, of `<t>.<raw body>`. The time is signed, too, so that an old delivery cannot be played again.
 */
import { createHmac } from 'node:crypto'

export function signatureOf(options: { readonly secret: string; readonly body: string; readonly atMs: number }): string {
  const seconds = Math.floor(options.atMs / 1_000)
  const hex = createHmac('sha256', options.secret).update(`${seconds}.`).update(options.body).digest('hex')
  return `t=${seconds},v1=${hex}`
}
