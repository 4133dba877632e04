/** The main thread's side of the worker: asks, waits with limits, and follows how far the worker got. */
import { Worker } from 'node:worker_threads'
import { CodedError } from '@tracegate/model/errors'
import { storeError } from '../../errors.ts'
import type { FromWorker, QueryKind, QueryMap, ToWorker, WireError, WorkerData } from './protocol.ts'

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
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: options.data,
    resourceLimits: { maxOldGenerationSizeMb: heapMiBMax }
  })
  const waiting = new Map<number, Waiting>()
  const started = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  let state: WorkerProgress = { indexed: 0, merged: 0, cold: 0 }
  let trouble: Error | undefined
  let dead: Error | undefined
  let nextId = 1

  const die = (error: Error): void => {
    dead ??= error
    for (const query of waiting.values()) query.reject(dead)
    waiting.clear()
    started.reject(dead)
    ended.resolve()
  }
  worker.on('message', (message: FromWorker) => {
    switch (message.type) {
      case 'answer':
        return waiting.get(message.id)?.resolve(message.answer)
      case 'refusal':
        return waiting.get(message.id)?.reject(fromWire(message.error))
      case 'progress':
        state = { indexed: message.indexed, merged: message.merged, cold: message.cold }
        trouble = undefined
        started.resolve()
        return options.onProgress(state)
      case 'stuck':
        trouble = fromWire(message.error)
        started.resolve()
        return options.onTrouble(trouble)
      default:
        return message satisfies never
    }
  })
  worker.on('error', (error) => {
    const known = error instanceof Error ? error : new Error(String(error))
    options.onTrouble(known)
    die(
      'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? storeError('STORE_IO', { action: 'answer queries', path: 'trace.db', detail: 'the worker ran out of memory' }, error)
        : known
    )
  })
  worker.on('exit', () => die(storeError('STORE_CLOSED', { action: 'ask the trace store' })))
  const post = (message: ToWorker): void => {
    if (dead === undefined) worker.postMessage(message, [])
  }
  await started.promise
  worker.unref()
  return {
    query(kind, ask, upTo) {
      if (dead !== undefined) return Promise.reject(dead)
      if (waiting.size >= queriesWaitingMax) {
        return Promise.reject(storeError('STORE_BUSY', { action: `answer ${kind}`, waiting: waiting.size, waitingMax: queriesWaitingMax }))
      }
      const id = nextId
      nextId += 1
      const answer = Promise.withResolvers<QueryMap[typeof kind]['answer']>()
      const timer = setTimeout(
        () => answer.reject(storeError('STORE_TIMEOUT', { action: `answer ${kind}`, timeoutMs: queryTimeoutMs })),
        queryTimeoutMs
      )
      waiting.set(id, answer)
      post({ type: 'query', id, upTo, kind, ask })
      return answer.promise.finally(() => {
        clearTimeout(timer)
        waiting.delete(id)
      })
    },
    appended: () => post({ type: 'appended' }),
    progress: () => state,
    trouble: () => dead ?? trouble,
    async close() {
      post({ type: 'close' })
      const timer = setTimeout(() => void worker.terminate(), closeTimeoutMs)
      await ended.promise
      clearTimeout(timer)
    }
  }
}

function fromWire(error: WireError): Error {
  if (error.code === undefined) return new Error(error.message)
  return new CodedError({ code: error.code, status: error.status ?? 500, message: error.message, parameters: error.parameters ?? {} })
}
