/**
 * How the partners' systems hand in their events: EPCIS capture over HTTP, in modest batches, each waited for until the platform says
 * that its job has ended. Sending the same event again is no error.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { simError } from '../errors.ts'
import { epcisDocument, type EpcisJson } from './epcis-json.ts'

export interface Partner {
  /** Resolves when the platform stored them all; rejects with `SIM_CAPTURE_REFUSED`, then some of them may have been stored. */
  capture(events: readonly EpcisJson[], signal: AbortSignal): Promise<void>
  /** Keys of the goods that measures hold now, as the platform tells everybody who may read. */
  held(signal: AbortSignal): Promise<readonly string[]>
}

const eventsPerBatchMax = 200
const requestTimeoutMs = 15_000
const jobTimeoutMs = 15_000
const askEveryMs = 15

export interface PartnerOptions {
  /** Of the api, e.g. `http://127.0.0.1:8080`. */
  readonly url: string
  readonly key: string
}

const captureJob = compileValidator(
  Type.Object({ running: Type.Boolean(), success: Type.Boolean(), errors: Type.Array(Type.Object({ type: Type.String() })) })
)

const measureList = compileValidator(
  Type.Object({ items: Type.Array(Type.Object({ type: Type.String(), goods: Type.Array(Type.String()) })) })
)

export function createPartner(options: PartnerOptions): Partner {
  return {
    async capture(events, signal) {
      for (let from = 0; from < events.length; from += eventsPerBatchMax)
        await captureBatch(options, events.slice(from, from + eventsPerBatchMax), signal)
    },
    async held(signal) {
      const request = { headers: headersOf(options), signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]) }
      const measures = await ask(new URL('/api/v1/measures?state=open&limit=200', options.url), request)
      const parsed: unknown = JSON.parse(measures.text)
      const checked = measureList.check(parsed)
      if (!checked.ok) throw simError('SIM_CAPTURE_REFUSED', { url: '/api/v1/measures', status: 200, detail: checked.reason.message })
      return checked.value.items.flatMap(({ type, goods }) => (type === 'sealDetain' || type === 'recall' ? goods : []))
    }
  }
}

async function captureBatch(options: PartnerOptions, events: readonly EpcisJson[], signal: AbortSignal): Promise<void> {
  const url = new URL('/epcis/v2/capture', options.url)
  const accepted = await ask(url, {
    method: 'POST',
    // An event that is there already must not keep the others out.
    headers: { ...headersOf(options), 'content-type': 'application/ld+json', 'gs1-capture-error-behaviour': 'proceed' },
    body: JSON.stringify(epcisDocument(events, Date.now())),
    signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)])
  })
  const location = accepted.response.headers.get('location')
  if (location === null) return
  const job = new URL(location, url)
  for (const untilMs = Date.now() + jobTimeoutMs; ;) {
    const answer = await ask(job, { headers: headersOf(options), signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]) })
    if (jobEnded(job, answer.text)) return
    if (Date.now() > untilMs)
      throw simError('SIM_CAPTURE_REFUSED', { url: job.pathname, status: 'none', detail: `within ${jobTimeoutMs} ms` })
    await wait(askEveryMs, undefined, { signal })
  }
}

function jobEnded(job: URL, text: string): boolean {
  const parsed: unknown = JSON.parse(text)
  const checked = captureJob.check(parsed)
  if (!checked.ok) throw simError('SIM_CAPTURE_REFUSED', { url: job.pathname, status: 200, detail: checked.reason.message })
  if (checked.value.running) return false
  const refused = checked.value.errors.filter((error) => !error.type.includes('ResourceAlreadyExists'))
  if (refused.length > 0) throw simError('SIM_CAPTURE_REFUSED', { url: job.pathname, status: 'job failed', detail: text.slice(0, 1_000) })
  return true
}

function headersOf(options: PartnerOptions): Record<string, string> {
  return { authorization: `Bearer ${options.key}` }
}

async function ask(url: URL, request: RequestInit): Promise<{ response: Response; text: string }> {
  const response = await fetch(url, request)
  const text = await response.text()
  if (!response.ok) throw simError('SIM_CAPTURE_REFUSED', { url: url.pathname, status: response.status, detail: text.slice(0, 500) })
  return { response, text }
}
