/** The main thread's side of the worker: asks, waits with limits, and follows how far the worker got. */
import { Worker } from 'node:worker_threads'
import { CodedError } from '@tracegate/model/errors'
import { storeError } from '../../errors.ts'
import type { FromWorker, QueryKind, QueryMap, QueryMessage, ToWorker, WireError, WorkerData } from './protocol.ts'

export interface WorkerProgress {
  readonly indexed: number
  readonly merged: number
  readonly cold: number
}

export interface WorkerClient {
  query<Kind extends QueryKind>(kind: Kind, ask: QueryMap[Kind]['ask'], upTo: number): Promise<QueryMap[Kind]['answer']>
  appended(): void
  progress(): WorkerProgress
  /** Why the worker cannot fold at the moment. */
  trouble(): Error | undefined
  close(): Promise<void>
}

const queriesWaitingMax = 256
const queryTimeoutMs = 30_000
const closeTimeoutMs = 5_000
const heapMiBMax = 512
const restartAfterMs = 500
/** Answered without waiting for anything, mostly in less time than a message takes: those of one turn go together. */
const quickKinds: ReadonlySet<QueryKind> = new Set<QueryKind>(['byId', 'events', 'ledger'])

export interface WorkerClientOptions {
  readonly data: WorkerData
  readonly onProgress: (progress: WorkerProgress) => void
  readonly onTrouble: (error: Error) => void
}

interface Waiting {
  resolve(answer: never): void
  reject(error: Error): void
}

export async function startWorkerClient(options: WorkerClientOptions): Promise<WorkerClient> {
  const waiting = new Map<number, Waiting>()
  const started = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  let state: WorkerProgress = { indexed: 0, merged: 0, cold: 0 }
  let trouble: Error | undefined
  let worker: Worker | undefined
  let everStarted = false
  let closing = false
  let nextId = 1
  let gathered: QueryMessage[] = []

  const take = (message: FromWorker): void => {
    switch (message.type) {
      case 'answers':
        for (const answer of message.answers) {
          if (answer.type === 'answer') waiting.get(answer.id)?.resolve(answer.answer)
          else waiting.get(answer.id)?.reject(fromWire(answer.error))
        }
        return
      case 'progress':
        state = { indexed: message.indexed, merged: message.merged, cold: message.cold }
        trouble = undefined
        everStarted = true
        started.resolve()
        return options.onProgress(state)
      case 'stuck':
        trouble = fromWire(message.error)
        return options.onTrouble(trouble)
      default:
        return message satisfies never
    }
  }
  /** All that the worker knows is in the files: a new one goes on where the last one stood. */
  const died = (error: Error): void => {
    worker = undefined
    gathered = []
    trouble = closing ? storeError('STORE_CLOSED', { action: 'ask the trace store' }) : error
    for (const query of waiting.values()) query.reject(trouble)
    if (closing) return ended.resolve()
    if (!everStarted) return started.reject(error)
    options.onTrouble(error)
    setTimeout(() => (closing ? ended.resolve() : start()), restartAfterMs)
  }
  const start = (): void => {
    let cause: unknown
    const next = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: options.data,
      resourceLimits: { maxOldGenerationSizeMb: heapMiBMax }
    })
    worker = next
    next.on('message', take)
    next.on('error', (error) => (cause = error))
    next.on('exit', () => died(deathOf(cause)))
  }
  const post = (message: ToWorker): void => worker?.postMessage(message, [])
  const postGathered = (): void => {
    const queries = gathered
    gathered = []
    if (queries.length > 0) post({ type: 'queries', queries })
  }
  const gather = (query: QueryMessage): void => {
    gathered.push(query)
    if (gathered.length === 1) setImmediate(postGathered)
  }

  start()
  await started.promise
  return {
    query(kind, ask, upTo) {
      const action = `answer ${kind}`
      if (worker === undefined) return Promise.reject(trouble ?? storeError('STORE_CLOSED', { action }))
      if (waiting.size >= queriesWaitingMax) {
        return Promise.reject(storeError('STORE_BUSY', { action, waiting: waiting.size, waitingMax: queriesWaitingMax }))
      }
      const id = nextId
      nextId += 1
      const answer = Promise.withResolvers<QueryMap[typeof kind]['answer']>()
      const timer = setTimeout(() => answer.reject(storeError('STORE_TIMEOUT', { action, timeoutMs: queryTimeoutMs })), queryTimeoutMs)
      waiting.set(id, answer)
      const message: QueryMessage<typeof kind> = { id, upTo, kind, ask }
      if (quickKinds.has(kind)) gather(message)
      else post({ type: 'queries', queries: [message] })
      return answer.promise.finally(() => {
        clearTimeout(timer)
        waiting.delete(id)
      })
    },
    appended: () => post({ type: 'appended' }),
    progress: () => state,
    trouble: () => trouble,
    async close() {
      closing = true
      if (worker === undefined) return
      postGathered()
      post({ type: 'close' })
      const timer = setTimeout(() => void worker?.terminate(), closeTimeoutMs)
      await ended.promise
      clearTimeout(timer)
    }
  }
}

/** What ended the worker, as an error of the store. Errors lose their class between threads, but coded ones keep their members. */
function deathOf(cause: unknown): Error {
  if (cause instanceof Error && 'code' in cause && 'status' in cause && 'parameters' in cause && typeof cause.status === 'number') {
    return new CodedError({ code: String(cause.code), status: cause.status, message: cause.message, parameters: {} })
  }
  const detail = cause instanceof Error ? cause.message : 'the worker ended'
  return storeError('STORE_IO', { action: 'answer trace questions', path: 'trace.db', detail }, cause)
}

function fromWire(error: WireError): Error {
  if (error.code === undefined) return new Error(error.message)
  return new CodedError({ code: error.code, status: error.status ?? 500, message: error.message, parameters: error.parameters ?? {} })
}
