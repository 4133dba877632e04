/**
 * The main thread's side of the telemetry worker: bounded requests with a time limit, and a new worker when one dies. What
 * was asked of a dead worker fails with `STORE_IO`; nothing stored depends on it.
 */
import { Worker } from 'node:worker_threads'
import type { Logger } from '@tracegate/service/log'
import { storeError } from '../../errors.ts'
import type { WriteTurn } from '../write-turn.ts'
import type { Answer, Ask, AskMessage, PortableError, WorkerMessage, WorkerOptions } from './protocol.ts'

const asksWaitingMax = 1_000
const askTimeoutMs = 30_000
/** Doubled with each death until a worker has answered, up to the second. */
const restartAfterMs = 500
const restartAfterMsMax = 30_000
const closeTimeoutMs = 3_000

export interface WorkerClientOptions {
  readonly worker: WorkerOptions
  readonly turn: WriteTurn
  readonly logger: Logger
  readonly onFolded: (readings: number) => void
  /** What the worker did of its own accord. */
  readonly onBackground: (done: Extract<WorkerMessage, { readonly type: 'background' }>) => void
  /** A worker has died and a new one starts from what the file says. */
  readonly onRestart: () => void
  /** Another script to run as the worker, and a shorter limit: for tests of what happens when a worker dies or hangs. */
  readonly script?: URL
  readonly askTimeoutMs?: number
}

/** An answer of the type that was asked for. */
type AnswerOf<Type extends Ask['type']> = Extract<Answer, { readonly type: Type }>

export interface WorkerClient {
  /** Folds have no time limit: they end with the work, or with the worker. */
  ask<Type extends Ask['type']>(ask: Extract<Ask, { readonly type: Type }>): Promise<AnswerOf<Type>>
  close(): Promise<void>
}

interface WaitingAsk {
  readonly action: string
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

export function createWorkerClient(options: WorkerClientOptions): WorkerClient {
  const waiting = new Map<number, WaitingAsk>()
  const timeoutMs = options.askTimeoutMs ?? askTimeoutMs
  let lastId = 0
  let deaths = 0
  let closing = false
  let worker: Worker | undefined
  let restart: NodeJS.Timeout | undefined

  const start = (): void => {
    const started = startWorker(options.script ?? new URL('./worker.ts', import.meta.url), options.worker)
    worker = started
    started.on('message', (message: WorkerMessage) => take(message))
    started.on('error', (error) => options.logger.error({ error: String(error) }, 'telemetry worker failed'))
    started.on('exit', (exitCode) => died(exitCode))
  }
  const take = (message: WorkerMessage): void => {
    if (message.type === 'folded') return options.onFolded(message.readings)
    if (message.type === 'background') return options.onBackground(message)
    const entry = waiting.get(message.id)
    waiting.delete(message.id)
    deaths = 0
    if (message.type === 'answer') entry?.resolve(message.answer)
    else entry?.reject(errorOf(message.error, options.worker.path))
  }
  const died = (exitCode: number): void => {
    worker = undefined
    options.turn.reset()
    const detail = `worker ended with ${exitCode}`
    for (const { action, reject } of waiting.values())
      reject(closing ? storeError('STORE_CLOSED', { action }) : storeError('STORE_IO', { action, path: options.worker.path, detail }))
    waiting.clear()
    if (closing) return
    options.logger.warn({ exitCode }, 'telemetry worker ended, starting another')
    restart = setTimeout(
      () => {
        start()
        options.onRestart()
      },
      Math.min(restartAfterMs * 2 ** deaths, restartAfterMsMax)
    )
    deaths += 1
  }
  const send = (ask: Ask): Promise<Answer> => {
    const action = `${ask.type} telemetry`
    if (worker === undefined) {
      const detail = 'worker is starting'
      return Promise.reject(storeError('STORE_IO', { action, path: options.worker.path, detail }))
    }
    if (waiting.size >= asksWaitingMax)
      return Promise.reject(storeError('STORE_BUSY', { action, waiting: waiting.size, waitingMax: asksWaitingMax }))
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const id = ++lastId
    const timer = isUnbounded(ask) ? undefined : setTimeout(() => expire(id), timeoutMs)
    waiting.set(id, { action, resolve, reject })
    const message: AskMessage = { id, ask }
    worker.postMessage(message, [])
    return promise.finally(() => clearTimeout(timer))
  }
  const expire = (id: number): void => {
    const entry = waiting.get(id)
    waiting.delete(id)
    entry?.reject(storeError('STORE_TIMEOUT', { action: entry.action, timeoutMs }))
  }

  start()
  return {
    async ask<Type extends Ask['type']>(ask: Extract<Ask, { readonly type: Type }>) {
      if (closing) throw storeError('STORE_CLOSED', { action: `${ask.type} telemetry` })
      const answer = await send(ask)
      if (isAnswerOf(answer, ask.type)) return answer
      throw new TypeError(`Cannot use answer: its type is ${answer.type}, expected ${ask.type}`)
    },
    async close() {
      if (closing) return
      closing = true
      clearTimeout(restart)
      const ending = worker
      if (ending === undefined) return
      const limit = setTimeout(() => void ending.terminate(), closeTimeoutMs)
      await send({ type: 'close' }).catch(() => undefined)
      clearTimeout(limit)
      await ending.terminate()
    }
  }
}

function startWorker(script: URL, workerData: WorkerOptions): Worker {
  return new Worker(script, {
    name: 'telemetry',
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 }
  })
}

/** Works that end by themselves, or with the worker. */
function isUnbounded({ type }: Ask): boolean {
  return type === 'fold' || type === 'compact' || type === 'retain' || type === 'applyRetention'
}

function isAnswerOf<Type extends Answer['type']>(answer: Answer, type: Type): answer is AnswerOf<Type> {
  return answer.type === type
}

function errorOf(error: PortableError, path: string): Error {
  const { code, parameters, message } = error
  if (code !== undefined && isStoreCode(code)) return storeError(code, parameters)
  return storeError('STORE_IO', { action: 'ask telemetry worker', path, detail: message })
}

type StoreCode = Parameters<typeof storeError>[0]
const passedOn: readonly StoreCode[] = ['STORE_FULL', 'STORE_IO', 'STORE_CORRUPT', 'STORE_IN_USE', 'STORE_QUERY', 'STORE_VERSION']

function isStoreCode(code: string): code is StoreCode {
  return passedOn.some((known) => known === code)
}
