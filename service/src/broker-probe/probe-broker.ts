/**
 * Asks a broker what it really does, within a time limit, under a topic prefix of its own, and takes away what it left. It subscribes
 * to nothing outside of the prefix but the topics in which a broker tells its name.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { probeTopicRoot } from '@tracegate/model/topics'
import { serviceError } from '../errors.ts'
import { openProbeClient, type ProbeClient, type ProbeConnect, type ProtocolVersion } from './probe-client.ts'
import { type Finding, hex, notTried, type Outcome, type Probe, type ProbeContext, type ProbeName, probeNames, unknown } from './probe.ts'
import { createAcknowledgementProbe, probeOrder, probeQos1 } from './probes/delivery.ts'
import { createNameProbe, greet, type Greeting } from './probes/greeting.ts'
import { createPacketSizeProbe, probeKeepAlive, probeQos2, probeRetained, probeWill } from './probes/messages.ts'
import { createRestartProbe } from './probes/restart.ts'
import { probePersistentSession, probeRedelivery, probeTakeover } from './probes/sessions.ts'
import { probeShare, probeShareOn5 } from './probes/share.ts'
import { probeReceiveMaximum, probeTopicAlias } from './probes/version-5.ts'
import { type BrokerTarget, parseBrokerUrl } from './target.ts'

export const probeTimeoutDefaultMs = 20_000
export const probeTopicPrefixDefault = probeTopicRoot
const packetBytesDefault = 1_048_576
const restartLimitMs = 60_000
/** Probes at a time: a broker may bound the connections of an address. */
const atOnce = 6
const cleanUpMs = 2_000
/** A wait for an answer; longer over a slow line. */
const stepMs = 2_000
const stepMaxMs = 6_000
const sessionsMax = 32

export interface ProbeOptions {
  /** Only these, and what tells whether they can be tried; all of them without it. */
  readonly probes?: readonly ProbeName[]
  /** Those that the caller cannot do without, by the version that is used. */
  readonly needed?: (version: ProtocolVersion) => readonly ProbeName[]
  /** The only version that is tried; without it all are, and 3.1.1 is used where it is spoken. */
  readonly version?: 4 | 5
  readonly topicPrefix?: string
  readonly timeoutMs?: number
  readonly packetBytesMax?: number
  /** Kills the broker and starts it again; comes on top of the time limit. */
  readonly restart?: () => Promise<void>
  readonly signal?: AbortSignal
}

export interface BrokerReport {
  readonly url: string
  /** What the broker calls itself. */
  readonly name: string | undefined
  readonly topicPrefix: string
  /** What most probes used; undefined when none was accepted. */
  readonly version: '3.1' | '3.1.1' | '5' | undefined
  readonly tookMs: number
  readonly findings: readonly Finding[]
}

/** Throws `BROKER_URL` and `BROKER_PREFIX`; whatever a broker does is a finding. */
export async function probeBroker(target: BrokerTarget, options: ProbeOptions = {}): Promise<BrokerReport> {
  const startedMs = performance.now()
  parseBrokerUrl(target.url)
  const run = randomBytes(4).toString('hex')
  const topicPrefix = `${requirePrefix(options.topicPrefix ?? probeTopicPrefixDefault)}/${run}`
  const timeoutMs = options.timeoutMs ?? probeTimeoutDefaultMs
  const signals = [AbortSignal.timeout(timeoutMs), ...(options.signal === undefined ? [] : [options.signal])]
  const limit = AbortSignal.any(signals)
  const visit = createVisit(target, { run, topicPrefix })
  const found = new Map<ProbeName, Outcome>()
  let name: string | undefined
  const greeting = await greet({
    open: (connect) => visit.open(connect, limit),
    clientId: visit.idOf('hello'),
    versions: options.version === undefined ? [4, 5, 3] : [options.version]
  })
  keep(found, { reachable: greeting.reachable, ...greeting.versions })
  const version = options.version ?? greeting.spoken[0]
  if (version !== undefined && greeting.spoken.includes(version)) {
    const at = { version, roundTripMs: greeting.roundTripMs }
    const context = visit.context(at, limit)
    const slowContext = visit.context(at, options.signal ?? new AbortController().signal)
    try {
      // Stays while all others come and go: when it is ended, the line or the broker was, and no verdict counts.
      await using witness = await visit.open({ version, clientId: visit.idOf('witness'), keepaliveS: 0 }, slowContext.signal)
      const isSteady = () => !witness.closed
      keep(found, await safely(probeQos1, { context, isSteady, answers: ['qos-1'] }))
      const basic = found.get('qos-1')
      if (basic?.verdict === 'works')
        await runAll({
          context,
          slowContext,
          isSteady,
          found,
          options,
          greeting,
          nameOf: () => name,
          onName: (given) => void (name = given)
        })
    } catch (error) {
      // No second connection could be made.
      found.set('qos-1', unknown(error instanceof Error ? error.message : String(error)))
    } finally {
      await visit.cleanUp(version)
    }
  }
  const needed = options.needed?.(version ?? 4) ?? []
  const why = reasonNotTried(found, greeting, options)
  const wanted = options.probes
  const findings = probeNames
    .filter((probe) => wanted === undefined || wanted.includes(probe) || needed.includes(probe))
    .map((probe) => ({ probe, needed: needed.includes(probe), ...(found.get(probe) ?? notTried(why(probe))) }))
  return { url: target.url, name, topicPrefix, version: spokenAs(version, greeting), tookMs: performance.now() - startedMs, findings }
}

interface Run {
  readonly context: ProbeContext
  /** Not bounded by the time limit of the run. */
  readonly slowContext: ProbeContext
  readonly isSteady: () => boolean
  readonly found: Map<ProbeName, Outcome>
  readonly options: ProbeOptions
  readonly greeting: Greeting
  readonly nameOf: () => string | undefined
  readonly onName: (name: string) => void
}

async function runAll({ context, slowContext, isSteady, found, options, greeting, nameOf, onName }: Run): Promise<void> {
  const on5 = greeting.spoken.includes(5)
  const all: readonly { readonly answers: readonly ProbeName[]; readonly probe: Probe; readonly only5?: boolean }[] = [
    // The longest first.
    { answers: ['keep-alive'], probe: probeKeepAlive },
    { answers: ['packet-size'], probe: createPacketSizeProbe(options.packetBytesMax ?? packetBytesDefault) },
    { answers: ['name'], probe: createNameProbe(onName) },
    { answers: ['share', 'share-by-publisher'], probe: probeShare },
    { answers: ['persistent-session'], probe: probePersistentSession },
    { answers: ['redelivery', 'dup-flag'], probe: probeRedelivery },
    { answers: ['share-5'], probe: probeShareOn5, only5: true },
    { answers: ['receive-maximum'], probe: probeReceiveMaximum, only5: true },
    { answers: ['topic-alias'], probe: probeTopicAlias, only5: true },
    { answers: ['order'], probe: probeOrder },
    { answers: ['qos-2'], probe: probeQos2 },
    { answers: ['retained'], probe: probeRetained },
    { answers: ['will'], probe: probeWill },
    { answers: ['takeover'], probe: probeTakeover }
  ]
  const wanted = (answers: readonly ProbeName[]) => options.probes === undefined || answers.some((name) => options.probes?.includes(name))
  const queue = all.filter(({ answers, only5 }) => wanted(answers) && (only5 !== true || on5))
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      keep(found, await safely(next.probe, { context, isSteady, answers: next.answers }))
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  if (!wanted(['acknowledgement'])) return
  const { restart } = options
  // Alone, as the one measures times and the other kills.
  const probe = restart === undefined ? createAcknowledgementProbe(nameOf) : createRestartProbe({ restart, limitMs: restartLimitMs })
  const how = restart === undefined ? { context, isSteady } : { context: slowContext, isSteady: () => true }
  keep(found, await safely(probe, { ...how, answers: ['acknowledgement'] }))
}

function keep(found: Map<ProbeName, Outcome>, outcomes: Partial<Record<ProbeName, Outcome>>): void {
  for (const name of probeNames) {
    const outcome = outcomes[name]
    if (outcome !== undefined) found.set(name, outcome)
  }
}

interface SafelyOptions {
  readonly context: ProbeContext
  readonly isSteady: () => boolean
  readonly answers: readonly ProbeName[]
}

/** What was not finished, or went wrong on the way, is not known. */
async function safely(probe: Probe, { context, isSteady, answers }: SafelyOptions): Promise<Partial<Record<ProbeName, Outcome>>> {
  const { signal } = context
  const all = (outcome: Outcome) => Object.fromEntries(answers.map((name) => [name, outcome]))
  // A verdict after the limit is one about the limit.
  const inDoubt = () =>
    signal.aborted
      ? unknown('not finished within the time limit')
      : isSteady()
        ? undefined
        : unknown('the broker or the line to it was interrupted meanwhile')
  const before = inDoubt()
  if (before !== undefined) return all(before)
  try {
    const outcomes = await probe(context)
    const doubt = inDoubt()
    return doubt === undefined ? outcomes : all(doubt)
  } catch (error) {
    return all(inDoubt() ?? unknown(error instanceof Error ? error.message : String(error)))
  }
}

function reasonNotTried(
  found: ReadonlyMap<ProbeName, Outcome>,
  greeting: Greeting,
  { version, probes }: ProbeOptions
): (probe: ProbeName) => string {
  return (probe) => {
    if (probes !== undefined && !probes.includes(probe)) return 'not asked for'
    if (greeting.spoken.length === 0) return 'there is no connection'
    if (version !== undefined && !greeting.spoken.includes(version)) return 'the version asked for is not spoken'
    if (found.get('qos-1')?.verdict !== 'works') return 'needs QoS 1 under the topic prefix'
    if (!greeting.spoken.includes(5) && ['share-5', 'receive-maximum', 'topic-alias'].includes(probe)) return 'needs MQTT 5'
    return 'another probe that it builds on did not work'
  }
}

function spokenAs(version: ProtocolVersion | undefined, greeting: Greeting): BrokerReport['version'] {
  return version === undefined || !greeting.spoken.includes(version) ? undefined : ({ 3: '3.1', 4: '3.1.1', 5: '5' } as const)[version]
}

function requirePrefix(prefix: string): string {
  if (!/^[^#+\u0000$/][^#+\u0000]*$/.test(prefix) || prefix.length > 100 || prefix.endsWith('/'))
    throw serviceError('BROKER_PREFIX', { prefix })
  return prefix
}

/** The connections of one run, and what they leave behind. */
function createVisit(target: BrokerTarget, at: { readonly run: string; readonly topicPrefix: string }) {
  const { run, topicPrefix } = at
  const sessions = new Set<string>()
  const retained = new Set<string>()
  const idOf = (name: string) => `tg${run}-${name}`

  const open = (connect: ProbeConnect, signal: AbortSignal, limitMs = stepMs): Promise<ProbeClient> =>
    openProbeClient(connect, { target, stepMs: limitMs, signal })
  return {
    idOf,
    open,
    context: ({ version, roundTripMs }: { version: ProtocolVersion; roundTripMs: number }, signal: AbortSignal): ProbeContext => {
      const quietMs = Math.min(1_500, Math.max(200, roundTripMs * 5))
      return {
        version,
        stepMs: Math.max(stepMs, Math.min(stepMaxMs, roundTripMs * 20)),
        quietMs,
        signal,
        run,
        topic: (name) => `${topicPrefix}-${name}`,
        async open({ name, ...connect }) {
          const clientId = idOf(name)
          if (connect.clean === false && sessions.size < sessionsMax) sessions.add(clientId)
          const client = await open({ version, ...connect, clientId }, signal)
          if (client.connack.code === 0) return client
          throw new Error(`the connection was refused with CONNACK ${hex(client.connack.code)}`)
        },
        retain(client, topic, payload) {
          retained.add(topic)
          return client.publish({ topic, payload, retain: true })
        },
        quiet: () => sleep(quietMs)
      }
    },
    /** Has its own time, so that a run that met its limit cleans up, too. */
    async cleanUp(version: ProtocolVersion): Promise<void> {
      const signal = AbortSignal.timeout(cleanUpMs)
      const ignore = () => undefined
      const ends = [...sessions].map(async (clientId) => (await open({ version, clientId, clean: true }, signal, cleanUpMs)).end())
      const clears = async () => {
        if (retained.size === 0) return
        await using client = await open({ version, clientId: idOf('clean') }, signal, cleanUpMs)
        for (const topic of retained) await client.publish({ topic, payload: '', retain: true })
      }
      await Promise.all([...ends, clears()].map((task) => task.catch(ignore)))
    }
  }
}
