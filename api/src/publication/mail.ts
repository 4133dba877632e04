/**
 * Mail by SMTP: one connection pool, time-bounded, TLS where the configuration asks for it. It tells what the server said and never logs an
 * address, a text or a secret.
 */
import { readFileSync } from 'node:fs'
import { createTransport } from 'nodemailer'
import type { CarrierOutcome } from './carriers.ts'

export interface MailSettings {
  readonly host: string
  readonly port: number
  /** starttls: refused when the server has none; implicit: from the first byte; none: only for a server on the same machine. */
  readonly security: 'starttls' | 'implicit' | 'none'
  readonly from: string
  readonly user?: string
  readonly password?: string
  /** Read at every start; the last line end is left out. */
  readonly passwordFile?: string
  /** PEM of a certificate authority of one's own. */
  readonly caFile?: string
}

interface MailText {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** Header of RFC 2369, with the one-click form of RFC 8058. */
  readonly unsubscribe?: string
  readonly messageId: string
  readonly language: 'zh' | 'en'
}

export interface Mailer {
  /** Never rejects. */
  send(mail: MailText): Promise<CarrierOutcome>
  close(): void
}

const connectionsMax = 4
const connectTimeoutMs = 10_000
const silenceTimeoutMs = 20_000

export function createMailer(settings: MailSettings): Mailer {
  const { host, port, security, user } = settings
  const password =
    settings.passwordFile === undefined ? settings.password : readFileSync(settings.passwordFile, 'utf8').replace(/\r?\n$/, '')
  const transport = createTransport({
    pool: true,
    maxConnections: connectionsMax,
    host,
    port,
    secure: security === 'implicit',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    connectionTimeout: connectTimeoutMs,
    greetingTimeout: connectTimeoutMs,
    socketTimeout: silenceTimeoutMs,
    dnsTimeout: connectTimeoutMs,
    logger: false,
    disableFileAccess: true,
    disableUrlAccess: true,
    tls: { minVersion: 'TLSv1.2', ...(settings.caFile === undefined ? {} : { ca: readFileSync(settings.caFile) }) },
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } })
  })
  return {
    async send(mail) {
      try {
        const sent = await transport.sendMail({
          from: settings.from,
          to: [{ name: '', address: mail.to }],
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          messageId: mail.messageId,
          headers: {
            'Content-Language': mail.language === 'zh' ? 'zh-CN' : 'en',
            'Auto-Submitted': 'auto-generated',
            ...(mail.unsubscribe === undefined
              ? {}
              : { 'List-Unsubscribe': `<${mail.unsubscribe}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' })
          }
        })
        return { type: 'delivered', receipt: sent.response.slice(0, 256) }
      } catch (error) {
        return outcomeOf(error)
      }
    },
    close: () => transport.close()
  }
}

/** A 5xx to the recipient or the message is the server's last word (RFC 5321 §4.2.1); everything else may go better later. */
function outcomeOf(error: unknown): CarrierOutcome {
  const message = error instanceof Error ? error.message.replaceAll(/[\w.+-]+@[\w.-]+/g, '<address>').slice(0, 300) : 'unknown fault'
  const status = typeof error === 'object' && error !== null && 'responseCode' in error ? Number(error.responseCode) : 0
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  const isFinal = status >= 500 && status < 600 && (code === 'EENVELOPE' || code === 'EMESSAGE')
  return isFinal ? { type: 'refused', message } : { type: 'failed', message }
}
