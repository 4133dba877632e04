/**
 * The check of an MQTT source: connects under an id of its own with a clean session, shows the first reading of each subscription, and
 * ends. The broker sends to it and to the running agent, so that nothing is taken away.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { probeMqttConnection } from '../mqtt-probe-connection.ts'
import type { ProbeFinding, ProbeOptions } from '../source.ts'
import type { Finding } from './finding.ts'
import type { MqttSource } from './mqtt-config.ts'
import { filtersOf, type Route, routesOf } from './routes.ts'

export async function* probeMqtt(config: MqttSource, options: ProbeOptions): AsyncGenerator<ProbeFinding> {
  const routes = routesOf(config)
  const firsts = new Map<Route, PromiseWithResolvers<ProbeFinding>>(routes.map((route) => [route, Promise.withResolvers<ProbeFinding>()]))
  const connection = await probeMqttConnection({
    connection: config,
    clientId: options.clientId,
    filters: filtersOf(routes),
    signal: options.signal,
    onMessage(topic, payload) {
      const route = routes.find((candidate) => candidate.pattern.matches(topic))
      if (route !== undefined) firsts.get(route)?.resolve(findingOf(route, topic, route.read(topic, payload, Date.now())))
    }
  })
  try {
    yield connection.finding
    if (!connection.finding.ok) return
    const late = sleep(options.waitMs, undefined, { signal: options.signal }).catch(() => undefined)
    for (const [route, first] of firsts) yield await Promise.race([first.promise, late.then(() => nothing(route, options.waitMs))])
  } finally {
    await connection[Symbol.asyncDispose]()
  }
}

function nothing(route: Route, waitMs: number): ProbeFinding {
  return {
    item: route.pattern.filter,
    ok: false,
    detail: `no message within ${waitMs} ms, expected one on ${route.pattern.filter}; the subscription itself was granted`
  }
}

function findingOf(route: Route, topic: string, { findings, refused }: ReturnType<Route['read']>): ProbeFinding {
  const said = findings.map(textOf).filter((text) => text !== '')
  const wrong = refused === undefined ? '' : `${refused.code}: ${refused.message}`
  return {
    item: route.pattern.filter,
    ok: refused === undefined && said.length > 0,
    detail: `${topic}: ${[...said, wrong].filter((text) => text !== '').join('; ')}`
  }
}

function textOf(finding: Finding): string {
  if (finding.type === 'event') return `${finding.device} event`
  if (finding.type === 'scans') return finding.scans.map((scan) => `${finding.device} ${scan.symbology} ${scan.data}`).join(', ')
  const shown = finding.readings.slice(0, 10).map(({ device, metric, value, unit, quality, timeMs }) => {
    const text = Number.isNaN(value) ? 'no value' : `${value} ${unit}`
    return `${device} ${metric} = ${text} (quality ${quality}, ${new Date(timeMs).toISOString()})`
  })
  return `${shown.join(', ')}${finding.readings.length > 10 ? `, and ${finding.readings.length - 10} more` : ''}`
}
