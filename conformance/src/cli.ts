/** What the program does with its arguments: a live run, the judge of a capture, or the text of a requirement. Gives the exit code. */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { describeOptions, loadConfig } from '@tracegate/service/config'
import { runCommand } from '@tracegate/service/run-command'
import { type Capture, readCapture } from './capture.ts'
import { checkDevice } from './check-device.ts'
import { kitError } from './errors.ts'
import { judge, type Verdict } from './judge.ts'
import { KitOptions, kitPrefix, secretVariable } from './options.ts'
import { exitCodeOf, type ReportHead, verdictJson, verdictJunit, verdictTable } from './report.ts'
import { kitRequirements, loadRequirements, selectRequirements, textOf } from './requirements.ts'
import type { DeviceHooks } from './stage.ts'

export interface Terminal {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/** Rejects with a coded error for a wrong call. */
export async function runCli(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  terminal: Terminal
): Promise<number> {
  const judging = argv[0] === 'judge'
  const path = judging ? argv[1] : undefined
  // The secret is read beside the schema, so that no flag of that name can exist.
  const { [secretVariable]: secret, ...rest } = env
  const { values, helpAsked } = loadConfig(KitOptions, { argv: judging ? argv.slice(2) : argv, env: rest, prefix: kitPrefix })
  if (helpAsked || argv.length === 0) {
    terminal.out(usage())
    return helpAsked ? 0 : 2
  }
  if (values.explain !== undefined) {
    terminal.out(explain(values.explain, values.language))
    return 0
  }
  const requirements = selectRequirements(kitRequirements(), values)
  if (judging) {
    if (path === undefined || path.startsWith('--'))
      throw kitError('KIT_CALL', { detail: 'judge has no file, expected judge <capture.jsonl>' })
    const capture = await readCapture(path)
    return report(judge(capture, requirements), { ...capture.scene, ended: endOf(capture) }, values, terminal)
  }
  return live(values, { secret, requirements, terminal })
}

function explain(id: string, language: KitOptions['language']): string {
  const requirement = loadRequirements().find((one) => one.id === id)
  if (requirement === undefined) throw kitError('KIT_UNKNOWN_REQUIREMENT', { pattern: id })
  const proof = requirement.proof === 'kit' ? '' : language === 'zh' ? '（不由本工具验证）' : ' (not decided by this kit)'
  return `${requirement.id} (${requirement.level})${proof}\n${textOf(requirement, language)}\n`
}

/** A capture that was broken off is judged as far as it goes, and that is said. */
function endOf({ observations }: Capture): string {
  const last = observations.at(-1)
  if (last?.type !== 'end') return 'the capture has no end'
  return last.dropped > 0 ? `the log was full, ${last.dropped} entries are missing` : 'complete'
}

interface LiveRun {
  readonly secret: string | undefined
  readonly requirements: ReturnType<typeof kitRequirements>
  readonly terminal: Terminal
}

async function live(values: KitOptions, { secret, requirements, terminal }: LiveRun): Promise<number> {
  const { point, device } = values
  if (point === undefined || device === undefined)
    throw kitError('KIT_CALL', { detail: '--point or --device is missing, expected both, or judge <capture.jsonl>' })
  const { host, port } = addressOf(values.listen)
  const used = secret ?? randomBytes(18).toString('base64url')
  const signIn = `${point}/${values.agent ?? device}`
  const result = await checkDevice({
    point,
    device,
    ...(values.agent === undefined ? {} : { agent: values.agent }),
    secret: used,
    host,
    port,
    requirements,
    hooks: hooksOf(values),
    passive: values.passive,
    patienceMs: values.patience * 1_000,
    intervalMs: values.interval * 1_000,
    durationMs: values.duration * 1_000,
    timeScale: values.timeScale,
    ...(values.capture === undefined ? {} : { capturePath: values.capture }),
    onListening: (address) => {
      const told =
        secret === undefined
          ? `password ${used} (made for this run; set ${secretVariable} to choose it)`
          : `the password in ${secretVariable}`
      terminal.err(`Listening on mqtt://${address.host}:${address.port}: connect the device as "${signIn}" with ${told}\n`)
    },
    onProgress: (text) => terminal.err(`${text}\n`)
  })
  return report(result.verdicts, { point, device, ended: result.ended, stalledMs: result.stalledMs }, values, terminal)
}

function hooksOf({ restartCommand, clockCommand, scanCommand }: KitOptions): DeviceHooks {
  return {
    ...(restartCommand === undefined ? {} : { restart: () => runCommand(restartCommand) }),
    ...(clockCommand === undefined ? {} : { clock: (seconds) => runCommand(clockCommand, seconds > 0 ? `+${seconds}` : String(seconds)) }),
    ...(scanCommand === undefined ? {} : { scan: () => runCommand(scanCommand) })
  }
}

function addressOf(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) throw kitError('KIT_ADDRESS', { address: text })
  return { host: match[1] ?? match[2] ?? '', port }
}

function report(verdicts: readonly Verdict[], head: ReportHead, values: KitOptions, terminal: Terminal): number {
  const { point, device, ended, stalledMs } = head
  const own = { point, device, ended, ...(stalledMs === undefined ? {} : { stalledMs }) }
  terminal.out(verdictTable(verdicts, own, values.language))
  if (values.json !== undefined) write(values.json, verdictJson(verdicts, own))
  if (values.junit !== undefined) write(values.junit, verdictJunit(verdicts, own))
  return exitCodeOf(verdicts)
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw kitError('KIT_FILE', { path, wanted: 'written', detail: error instanceof Error ? error.message : String(error) }, error)
  }
}

function usage(): string {
  return `Usage: npm run conformance -- --point <point> --device <device> [options]
       npm run conformance -- judge <capture.jsonl> [options]
       npm run conformance -- --explain TG-404 [--language zh]

${describeOptions(KitOptions, kitPrefix)}

The secret of the device is taken from ${secretVariable}; without it one is made and printed.
Exit code: 0 no MUST failed, 1 a MUST failed, 2 wrong call or no device.
`
}
