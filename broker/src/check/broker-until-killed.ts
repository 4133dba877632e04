/** This broker as a process that a test kills and starts again: `node broker-until-killed.ts <data folder> <port>`. For tests only. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSink, start } from '../testing.ts'

/** It ends by itself should a test forget it. */
const lifeMs = 60_000

const [dataDir = '', port = '0'] = process.argv.slice(2)
writeFileSync(join(dataDir, 'pid'), `${process.pid}`)
await start({ dataDir, port: Number(port), sink: createSink() })
setTimeout(() => process.exit(0), lifeMs)
