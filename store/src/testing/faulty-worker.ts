/** A worker for tests: dies on a fold while it holds the write turn, never answers a range, answers extents. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import type { AskMessage, WorkerMessage, WorkerOptions } from '../embedded/telemetry/protocol.ts'
import { shareWriteTurn } from '../embedded/write-turn.ts'

if (!isMainThread) {
  const options: WorkerOptions = workerData
  const turn = shareWriteTurn(options.turn)
  parentPort?.on('message', ({ id, ask }: AskMessage) => {
    if (ask.type === 'fold') {
      turn.enter()
      process.exit(3)
    }
    const message: WorkerMessage = { type: 'answer', id, answer: { type: 'extents', extents: [] } }
    if (ask.type === 'extents') parentPort?.postMessage(message, [])
  })
}
