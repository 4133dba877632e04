/** The thread that writes one workbook and ends. What it is given comes from `workbook.ts` and nobody else. */
import { parentPort, workerData } from 'node:worker_threads'
import { writeFsmaWorkbook, type FsmaWorkbook } from './fsma-xlsx.ts'

const workbook: FsmaWorkbook = workerData
const file = new Uint8Array(await writeFsmaWorkbook(workbook))
parentPort?.postMessage(file, [file.buffer])
