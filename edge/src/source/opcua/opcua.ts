/**
 * The OPC UA source: keeps a session and a subscription with one server. The client library resumes sessions after a cut line (transfer, republish); what it does not
 * notice, the own watchdog does, and everything is made anew. This file owns the life of the connection only; what is taken is in the files beside it.
 */
import { backOffMs } from '@tracegate/service/back-off'
import type { Source, SourceDependencies, SourceOrderResult, SourceRunner } from '../source.ts'
import { devicesOfOpcua, opcuaDefaults, type OpcuaSource } from './opcua-config.ts'
import { itemDefaults } from './opcua-item-config.ts'
import { type Line, openLine } from './opcua-line.ts'
import { probeOpcua } from './opcua-probe.ts'
import type { OpcuaCounts, ReadingContext } from './opcua-reading.ts'
import { openSession } from './opcua-session.ts'
import { messageOf, sleep, within } from './waits.ts'

const backOffLimits = { minMs: 500, maxMs: 30_000 }
const closeTimeoutMs = 1_000
const watchMs = 500
const orderTimeoutMs = 10_000
const namespaceTimeoutMs = 10_000

export const opcuaRunner: SourceRunner<OpcuaSource> = { start: startOpcuaSource, probe: probeOpcua }

interface State {
  connected: boolean | undefined
  detail: string
  lastDataAtMs: number
  lastSignalMs: number
  line: Line | undefined
}

function startOpcuaSource(config: OpcuaSource, dependencies: SourceDependencies): Source {
  const { logger, events, onDevice } = dependencies
  const { endpoint } = config
  const stop = new AbortController()
  const devices = devicesOfOpcua(config)
  const counts: OpcuaCounts = { overflows: 0, serverTimes: 0, remonitored: 0, misaddressed: 0 }
  const context: ReadingContext = { config, dependencies, counts }
  const state: State = { connected: undefined, detail: 'connecting', lastDataAtMs: 0, lastSignalMs: 0, line: undefined }
  const onSignal = () => {
    state.lastSignalMs = performance.now()
  }
  const onData = () => {
    onSignal()
    state.lastDataAtMs = Date.now()
  }
  const setConnected = (connected: boolean, detail: string) => {
    state.detail = detail
    if (state.connected === connected) return
    state.connected = connected
    for (const device of devices) onDevice(device, connected, connected ? '' : 'source not connected')
  }

  const run = async (): Promise<void> => {
    for (let attempt = 0; !stop.signal.aborted; attempt += 1) {
      try {
        await using opened = disposable(await openSession({ ...dependencies, config, signal: stop.signal }))
        const line = await openLine({ opened, context, onDevice, onData })
        attempt = 0
        state.line = line
        logger.info({ endpoint, variables: config.variables.length, problems: problemsOf(line) }, 'opcua source connected')
        setConnected(true, 'connected')
        state.detail = await watchLine({ line, config, state, signal: stop.signal, onSignal, setConnected, dependencies })
        await endScans(line, config)
      } catch (error) {
        state.detail = messageOf(error)
      }
      state.line = undefined
      setConnected(false, state.detail)
      if (stop.signal.aborted) return
      events.sourceRestarted(endpoint, state.detail)
      await sleep(backOffMs(attempt, backOffLimits, Math.random()), stop.signal)
    }
  }
  const running = run()
  return {
    status: () => ({
      name: endpoint,
      type: 'opcua',
      connected: state.connected === true,
      detail: detailOf(state, counts),
      ...(state.lastDataAtMs === 0 ? {} : { lastDataAtMs: state.lastDataAtMs })
    }),
    async command(order, signal): Promise<SourceOrderResult> {
      const { line } = state
      if (line === undefined || state.connected !== true) return { status: 'failed', message: `not connected: ${state.detail}` }
      try {
        return await within(line.order(order), orderTimeoutMs, signal)
      } catch (error) {
        return { status: 'failed', message: messageOf(error) }
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await within(running, 2 * closeTimeoutMs + watchMs).catch(() => undefined)
    }
  }
}

function disposable<Opened extends { close(): Promise<void> }>(opened: Opened): Opened & AsyncDisposable {
  return { ...opened, [Symbol.asyncDispose]: () => opened.close() }
}

/** Lives as long as one session; resolves with the reason for its end. */
async function watchLine(options: {
  readonly line: Line
  readonly config: OpcuaSource
  readonly state: State
  readonly signal: AbortSignal
  readonly onSignal: () => void
  readonly setConnected: (connected: boolean, detail: string) => void
  readonly dependencies: SourceDependencies
}): Promise<string> {
  const { line, config, state, signal, onSignal, setConnected, dependencies } = options
  const { client, session } = line.opened
  const silenceTimeoutMs = config.silenceTimeoutMs ?? opcuaDefaults.silenceTimeoutMs
  let ended: string | undefined
  const onBack = async () => {
    const same = await within(line.sameNamespaces(), namespaceTimeoutMs, signal).catch(() => false)
    if (same) {
      const { found, lost } = await within(line.gaps.repair(), namespaceTimeoutMs, signal).catch(() => ({ found: 0, lost: 0 }))
      if (found + lost > 0) dependencies.logger.info({ endpoint: config.endpoint, found, lost }, 'messages of a cut line asked for again')
    }
    line.variables.release(same)
    if (same) setConnected(true, 'connected')
    else ended ??= 'the server came back with other namespaces, or did not tell them'
  }
  line.subscription.on('keepalive', onSignal)
  line.subscription.on('received_notifications', onSignal)
  line.subscription.on('terminated', () => (ended ??= 'subscription terminated'))
  line.subscription.on('status_changed', (code) => (ended ??= `subscription ended: ${code.name}`))
  session.on('session_closed', () => (ended ??= 'session closed'))
  client.on('connection_lost', () => {
    // A server that restarts may number its namespaces anew: until that is known, no value is believed.
    line.variables.hold()
    setConnected(false, 'connection lost')
  })
  client.on('connection_reestablished', () => void onBack())
  onSignal()
  while (!signal.aborted && ended === undefined) {
    await sleep(watchMs, signal)
    if (performance.now() - state.lastSignalMs > silenceTimeoutMs) ended = `nothing heard for ${silenceTimeoutMs} ms`
    // Beside the watchdog, which must not wait for an answer that a dead line will never give.
    else if (state.connected === true) void tend(line, config, dependencies)
  }
  return ended ?? 'stopped'
}

async function tend(line: Line, config: OpcuaSource, { logger }: SourceDependencies): Promise<void> {
  try {
    await line.variables.tend()
  } catch (error) {
    logger.debug({ endpoint: config.endpoint, detail: messageOf(error) }, 'variables could not be looked after')
  }
}

async function endScans(line: Line, config: OpcuaSource): Promise<void> {
  if (!(config.autoId?.scanControl ?? itemDefaults.scanControl)) return
  await within(line.control?.stop() ?? Promise.resolve(undefined), closeTimeoutMs).catch(() => undefined)
}

function problemsOf(line: Line): string[] {
  return [...line.problems, ...line.variables.problems()]
}

/** Counts that are not zero are said: what overflowed or was repaired is no secret. */
function detailOf(state: State, counts: OpcuaCounts): string {
  const said = [
    counts.overflows > 0 ? `${counts.overflows} overflows of the server's queue` : '',
    counts.serverTimes > 0 ? `${counts.serverTimes} readings with the server's time for want of a source time` : '',
    counts.remonitored > 0 ? `${counts.remonitored} variables monitored anew` : '',
    counts.misaddressed > 0 ? `${counts.misaddressed} values of a renumbered server thrown away` : ''
  ].filter((text) => text !== '')
  const problems = state.line === undefined ? [] : problemsOf(state.line)
  return [state.detail, ...problems, ...said].join('; ')
}
