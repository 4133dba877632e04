/** A broker in a process of its own, to be killed: `session-process.ts <data folder> <port>`; tells its port over IPC. For tests only. */
import { createSink, start } from '../testing.ts'

const dataDir = process.argv[2] ?? ''
const broker = await start({ dataDir, port: Number(process.argv[3] ?? 0), sink: createSink() })
process.once('disconnect', () => process.exit(0))
process.send?.(broker.port)
