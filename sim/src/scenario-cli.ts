/** `npm run scenario -- <name>`: makes something go wrong in the running simulated port, or puts it right again. */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { CodedError } from '@tracegate/model/errors'
import { Problem, ScenarioInfo, ScenarioStarted } from '@tracegate/model/http'
import { isScenarioName, scenarioNames, scenarioTitles, type ScenarioName } from './scenario-list.ts'
import { simError } from './errors.ts'
import { serviceKeyPathOf } from './service-key.ts'

const usage = `Usage: npm run scenario -- [name] [--stop] [--target <what>] [--url http://127.0.0.1:8080] [--data-dir ./data]

Without a name it lists the scenarios. The key is taken from TRACEGATE_BOOTSTRAP_KEY, or from the data folder of the start.`

const requestTimeoutMs = 10_000
const exitWrongCall = 2
const scenarioList = compileValidator(Type.Object({ items: Type.Array(ScenarioInfo) }))
const scenarioStarted = compileValidator(ScenarioStarted)
const problem = compileValidator(Problem)

interface Call {
  readonly name: ScenarioName | undefined
  readonly stop: boolean
  readonly target: string | undefined
  readonly url: string
  readonly dataDir: string
}

function readCall(argv: readonly string[]): Call | undefined {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      stop: { type: 'boolean', default: false },
      target: { type: 'string' },
      url: { type: 'string', default: process.env['TRACEGATE_URL'] ?? 'http://127.0.0.1:8080' },
      'data-dir': { type: 'string', default: process.env['TRACEGATE_DATA_DIR'] ?? './data' },
      help: { type: 'boolean', short: 'h', default: false }
    }
  })
  if (values.help) return undefined
  if (positionals.length > 1) throw simError('CALL_WRONG', { detail: `names are "${positionals.join(' ')}", expected one` })
  const [name] = positionals
  if (name !== undefined && !isScenarioName(name)) throw simError('SCENARIO_UNKNOWN', { name, known: scenarioNames.join(', ') })
  if (!URL.canParse(values.url)) throw simError('CALL_WRONG', { detail: `--url is "${values.url}", expected http://host:port` })
  return { name, stop: values.stop, target: values.target, url: values.url, dataDir: values['data-dir'] }
}

async function findKey(dataDir: string): Promise<string> {
  const given = process.env['TRACEGATE_BOOTSTRAP_KEY']
  if (given !== undefined && given !== '') return given
  const path = serviceKeyPathOf(dataDir)
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    throw simError('KEY_MISSING', { path }, error)
  }
}

async function ask(call: Call, method: 'GET' | 'POST' | 'DELETE', path: string): Promise<unknown> {
  const url = new URL(`/api/v1/sim/scenarios${path}`, call.url)
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${await findKey(call.dataDir)}` },
    signal: AbortSignal.timeout(requestTimeoutMs)
  }).catch((error: unknown) => {
    throw simError('PLATFORM_AWAY', { url: call.url }, error)
  })
  const text = await response.text()
  const body: unknown = text === '' ? undefined : JSON.parse(text)
  if (response.ok) return body
  const checked = problem.check(body)
  throw simError('PLATFORM_REFUSED', {
    status: response.status,
    detail: checked.ok ? (checked.value.detail ?? checked.value.title) : text.slice(0, 200)
  })
}

async function run(call: Call): Promise<string> {
  if (call.name === undefined) return listText(await ask(call, 'GET', ''))
  if (call.stop) {
    await ask(call, 'DELETE', `/${call.name}`)
    return `Ended: ${scenarioTitles[call.name].en}. What it broke is being put right.`
  }
  const query = call.target === undefined ? '' : `?target=${encodeURIComponent(call.target)}`
  const started = scenarioStarted.check(await ask(call, 'POST', `/${call.name}${query}`))
  if (!started.ok) throw simError('PLATFORM_REFUSED', { status: 200, detail: started.reason.message })
  const { target, lastsMs } = started.value
  const span = lastsMs === undefined ? '' : ` It ends by itself after ${Math.round(lastsMs / 1_000)} s, or with --stop.`
  return `Started: ${scenarioTitles[call.name].en} at ${target}.${span}`
}

function listText(body: unknown): string {
  const checked = scenarioList.check(body)
  if (!checked.ok) throw simError('PLATFORM_REFUSED', { status: 200, detail: checked.reason.message })
  const lines = checked.value.items.map(({ name, title, running, target }) => {
    const state = running ? `   running${target === undefined ? '' : ` at ${target}`}` : ''
    return `  ${name.padEnd(20)} ${title.en} · ${title.zh}${state}`
  })
  return ['Scenarios:', ...lines, '', 'Start one with: npm run scenario -- compressor-failure'].join('\n')
}

try {
  const call = readCall(process.argv.slice(2))
  process.stdout.write(`${call === undefined ? usage : await run(call)}\n`)
} catch (error) {
  const wrongOption = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  if (!(error instanceof CodedError) && !wrongOption) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = exitWrongCall
}
