/** Has a workbook written on a thread of its own: it takes seconds, in which nobody else may have to wait. */
import { Worker } from 'node:worker_threads'
import { apiError } from '../errors.ts'
import type { FsmaWorkbook } from './fsma-xlsx.ts'

const writeLimitMs = 60_000

/** Rejects with `WORKBOOK_FAILED` when it cannot be written in time. */
export async function writeWorkbookAside(workbook: FsmaWorkbook): Promise<Buffer> {
  const worker = new Worker(new URL('fsma-xlsx-worker.ts', import.meta.url), { workerData: workbook })
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const fail = (detail: string, cause?: unknown) => reject(apiError('WORKBOOK_FAILED', { detail }, cause))
  const timer = setTimeout(() => fail(`it took longer than ${writeLimitMs} ms`), writeLimitMs)
  worker.once('message', (file: unknown) => {
    if (file instanceof Uint8Array) resolve(Buffer.from(file.buffer, file.byteOffset, file.byteLength))
    else fail('the thread gave no file')
  })
  worker.once('error', (error) => fail(error instanceof Error ? error.message : String(error), error))
  worker.once('exit', () => fail('the thread ended early'))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}
