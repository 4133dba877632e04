/** An api with a port of its own over stores in memory, and hands to work it with. For tests; nothing of the product imports it. */
import { setTimeout as wait } from 'node:timers/promises'
import { createMetrics } from '@tracegate/service/metrics'
import { startApi } from '../../api.ts'
import { createWorld, key, type World } from '../../harness.ts'
import type { SubscriptionSettings } from './settings.ts'

export const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }

/** Fast enough for tests; what a test is about it sets itself. */
export const quick: Partial<SubscriptionSettings> = {
  pollMs: 200,
  gatherMs: 2,
  sleepMaxMs: 50,
  timeoutMs: 300,
  backOff: { minMs: 20, maxMs: 60 },
  retryAfterMaxMs: 2_000,
  socketPingMs: 500
}

const waitMaxMs = 20_000

export const eventOf = (number: number, change: object = {}) => ({
  type: 'ObjectEvent',
  eventID: `urn:uuid:11111111-1111-4111-8111-${String(number).padStart(12, '0')}`,
  eventTime: '2026-11-23T08:00:00.000+08:00',
  eventTimeZoneOffset: '+08:00',
  action: 'OBSERVE',
  bizStep: 'shipping',
  epcList: [`urn:epc:id:sgtin:9506000.013435.${number}`],
  ...change
})
export const idOf = (number: number) => eventOf(number).eventID

/** Gives up after a while that only a fault takes. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + waitMaxMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`Waited ${waitMaxMs} ms for: ${what}`)
    await wait(5)
  }
}

export interface WorldOptions {
  readonly withAccount?: boolean
  /** The stores of another run. */
  readonly stores?: World
}

export async function startWorld(settings: Partial<SubscriptionSettings> = {}, { withAccount = false, stores }: WorldOptions = {}) {
  const world = stores ?? (await createWorld({ withAccount }))
  const metrics = createMetrics()
  const api = await startApi({ ...world, metrics, host: '127.0.0.1', port: 0, subscriptions: { ...quick, ...settings } })
  const root = `${api.url}/epcis/v2`
  const call = async (method: string, path: string, body?: unknown, more: Record<string, string> = {}) => {
    const url = path.startsWith('/api') ? `${api.url}${path}` : `${root}${path}`
    const { 'content-type': type, ...plain } = headers
    const answer = await fetch(url, {
      method,
      headers: { ...plain, ...(body === undefined ? {} : { 'content-type': type }), ...more },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    const text = await answer.text()
    const json = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : undefined
    return { status: answer.status, headers: answer.headers, text, json }
  }
  const capture = async (...numbers: number[]) => {
    for (const number of numbers) await captureEvent(eventOf(number))
  }
  const captureEvent = async (event: object) => {
    const answer = await call('POST', '/events', event)
    if (answer.status !== 201) throw new Error(`event refused: ${answer.text}`)
  }
  const makeQuery = (name: string, query: object = { eventType: ['ObjectEvent'] }) => call('POST', '/queries', { name, query })
  const subscribe = async (query: string, body: object, more: Record<string, string> = {}) => {
    const answer = await call('POST', `/queries/${encodeURIComponent(query)}/subscriptions`, body, more)
    if (answer.status !== 201) throw new Error(`subscription refused: ${answer.text}`)
    return String(answer.json.subscriptionID)
  }
  /** Gives the cookie of a session of the first account. */
  const signIn = async () => {
    const answer = await call('POST', '/api/v1/session', world.accounts.firstSignIn)
    return String(answer.headers.get('set-cookie')).split(';', 1)[0] ?? ''
  }
  const metricOf = async (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await metrics.text())?.[1])
  const statusOf = async (id: string) => (await call('GET', `/api/v1/subscriptions/${id}`)).json
  return {
    world,
    metrics,
    api,
    root,
    call,
    capture,
    captureEvent,
    makeQuery,
    subscribe,
    statusOf,
    signIn,
    metricOf,
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]()
  }
}
export type TestWorld = Awaited<ReturnType<typeof startWorld>>
