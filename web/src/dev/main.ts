/** `npm run fixture -w web`: the built pages with made-up answers, on port 5199 or the one given. */
import { buildWeb } from '../build.ts'
import { startFixtureServer } from './server.ts'

const { folder } = await buildWeb()
const server = await startFixtureServer({ folder, port: Number(process.argv[2] ?? 5_199) })
process.stdout.write(`${server.url}/ and ${server.url}/t/\n`)
