/**
 * The live run: a broker for one device, one situation after the other, then the verdicts. Acts through the endpoint, decides nothing:
 * every verdict comes from the rules over the log, as it would from a capture of the same run.
 */
import { createBlotter } from './blotter.ts'
import { type CaptureWriter, createCaptureWriter } from './capture.ts'
import { type Endpoint, startEndpoint } from './endpoint.ts'
import { kitError } from './errors.ts'
import { judge, type Verdict } from './judge.ts'
import { createLive } from './live.ts'
import { createRecorder, type Observation, type Scene } from './observation.ts'
import { kitRequirements, type Requirement } from './requirements.ts'
import { createStage, type DeviceHooks, DeviceGone, type Stage } from './stage.ts'
import { commandSteps } from './steps/command-steps.ts'
import { firstDeliverySteps, laterDeliverySteps } from './steps/delivery-steps.ts'
import { hookSteps } from './steps/hook-steps.ts'
import { resendLimitMs, type Step } from './steps/step.ts'

export interface CheckDeviceOptions {
  readonly point: string
  readonly device: string
  /** The device that signs in, where it speaks for the judged one. */
  readonly agent?: string
  readonly secret: string
  readonly host?: string
  /** 0 takes a free one. */
  readonly port?: number
  readonly requirements?: readonly Requirement[]
  readonly hooks?: DeviceHooks
  /** Bring about no faults and give no orders: only watch. */
  readonly passive?: boolean
  /** Wait for the device to connect, first and again. */
  readonly patienceMs?: number
  /** Longest time between two messages of the device. */
  readonly intervalMs?: number
  /** Longest run; the steps that are left then are not run. */
  readonly durationMs?: number
  /** Factor on every time of the contract. Only for tests of the kit. */
  readonly timeScale?: number
  readonly capturePath?: string
  readonly onListening?: (address: { readonly host: string; readonly port: number }) => void
  readonly onProgress?: (text: string) => void
}

export interface DeviceReport {
  readonly scene: Scene
  readonly verdicts: readonly Verdict[]
  readonly observations: readonly Observation[]
  /** Longest time that this computer stood still: what it measured meanwhile may be its own fault. */
  readonly stalledMs: number
  /** Why the run ended: `complete`, or what cut it short. */
  readonly ended: 'complete' | 'the device did not come back' | 'the time was up' | 'the log was full'
}

export const defaults = { patienceMs: 90_000, intervalMs: 10_000, durationMs: 900_000 } as const

const plan: readonly Step[] = [...firstDeliverySteps, ...commandSteps, ...laterDeliverySteps, ...hookSteps]

/** Rejects with `KIT_LISTEN`, `KIT_FILE`, or `KIT_NO_DEVICE` when no device connects. */
export async function checkDevice(options: CheckDeviceOptions): Promise<DeviceReport> {
  const requirements = options.requirements ?? kitRequirements()
  const scene: Scene = {
    format: 'tracegate-capture/1',
    point: options.point,
    device: options.device,
    ...(options.agent === undefined || options.agent === options.device ? {} : { agent: options.agent }),
    timeScale: options.timeScale ?? 1,
    patienceMs: options.patienceMs ?? defaults.patienceMs
  }
  const nowMs = createSteadyClock()
  const writer = options.capturePath === undefined ? undefined : await createCaptureWriter(options.capturePath, scene)
  const ended = await record(options, { scene, nowMs, writer, requirements })
  return { scene, ...ended, verdicts: judge({ scene, observations: ended.observations }, requirements) }
}

/** Never jumps, whatever is done to the clock of this computer meanwhile. */
function createSteadyClock(): () => number {
  const offsetMs = Date.now() - performance.now()
  return () => Math.round((performance.now() + offsetMs) * 1_000) / 1_000
}

interface Setting {
  readonly scene: Scene
  readonly nowMs: () => number
  readonly writer: CaptureWriter | undefined
  readonly requirements: readonly Requirement[]
}

const stallTickMs = 20

function watchStalls(): { stalledMs: number } & Disposable {
  let lastMs = performance.now()
  const watch = {
    stalledMs: 0,
    [Symbol.dispose]: () => clearInterval(timer)
  }
  const timer = setInterval(() => {
    const nowMs = performance.now()
    watch.stalledMs = Math.max(watch.stalledMs, Math.round(nowMs - lastMs - stallTickMs))
    lastMs = nowMs
  }, stallTickMs)
  return watch
}

async function record(options: CheckDeviceOptions, setting: Setting): Promise<Pick<DeviceReport, 'observations' | 'ended' | 'stalledMs'>> {
  const { scene, nowMs, writer } = setting
  const live = createLive(scene)
  const recorder = createRecorder((entry) => {
    live.take(entry)
    writer?.write(entry)
  })
  const host = options.host ?? '127.0.0.1'
  const stopped = new AbortController()
  const timer = setTimeout(() => stopped.abort(), options.durationMs ?? defaults.durationMs)
  const blotter = createBlotter(options.secret)
  using stalls = watchStalls()
  const recordEntry = (entry: Observation): void => recorder.record(entry)
  try {
    await using endpoint = await startEndpoint({
      host,
      port: options.port ?? 0,
      blotter,
      record: recordEntry,
      nowMs,
      timeScale: scene.timeScale
    })
    options.onListening?.({ host, port: endpoint.port })
    const stage = createStage({
      scene,
      endpoint,
      live,
      record: recordEntry,
      nowMs,
      hooks: options.hooks ?? {},
      intervalMs: options.intervalMs ?? defaults.intervalMs,
      signal: stopped.signal
    })
    await firstConnection(stage, endpoint, host)
    const ended = await play(stage, {
      steps: stepsFor(options, setting.requirements),
      full: () => recorder.full,
      say: options.onProgress ?? (() => undefined)
    })
    recorder.record({ type: 'end', atMs: nowMs(), dropped: 0 })
    return { observations: [...recorder.observations], ended, stalledMs: stalls.stalledMs }
  } finally {
    clearTimeout(timer)
    await writer?.[Symbol.asyncDispose]()
  }
}

async function firstConnection(stage: Stage, endpoint: Endpoint, host: string): Promise<void> {
  const { point, device, patienceMs } = stage.scene
  if (await stage.waitFor(() => stage.live.connections > 0, patienceMs)) return
  throw kitError('KIT_NO_DEVICE', { address: `${host}:${endpoint.port}`, seconds: Math.round(patienceMs / 1_000), point, device })
}

function stepsFor({ passive }: CheckDeviceOptions, requirements: readonly Requirement[]): readonly Step[] {
  const wanted = new Set(requirements.map(({ id }) => id))
  return plan.filter(({ proves }) => proves.length === 0 || (passive !== true && proves.some((id) => wanted.has(id))))
}

interface Play {
  readonly steps: readonly Step[]
  readonly full: () => boolean
  readonly say: (text: string) => void
}

async function play(stage: Stage, { steps, full, say }: Play): Promise<DeviceReport['ended']> {
  try {
    for (const [index, step] of steps.entries()) {
      if (full()) return 'the log was full'
      if (step.applies?.(stage) === false) continue
      say(`${index + 1} of ${steps.length}: ${step.name}`)
      stage.record({ type: 'step', atMs: stage.nowMs(), name: step.name })
      await step.run(stage)
      await stage.returned(0)
    }
    await settle(stage)
    return full() ? 'the log was full' : 'complete'
  } catch (error) {
    if (error instanceof DeviceGone) return 'the device did not come back'
    if (stage.signal.aborted) return 'the time was up'
    throw error
  }
}

/** The last connection must last as long as the rules want to see before they call something lost. */
async function settle(stage: Stage): Promise<void> {
  stage.record({ type: 'step', atMs: stage.nowMs(), name: 'end' })
  await stage.watch(resendLimitMs)
}
