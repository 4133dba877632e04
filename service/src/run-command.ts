/** Runs a command that an operator gave, with a time limit; rejects with what it said when it fails. */
import { spawn } from 'node:child_process'

const commandLimitMs = 60_000
const outputMax = 400

/** `extra` is put behind the command as it is written. */
export async function runCommand(command: string, extra: string = ''): Promise<void> {
  const child = spawn(`${command} ${extra}`.trim(), { shell: true, stdio: ['ignore', 'ignore', 'pipe'], timeout: commandLimitMs })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-outputMax)
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  child.once('error', reject)
  // `exit`, not `close`: a device started in the background may hold the output open.
  child.once('exit', (code, signal) => {
    child.stderr.destroy()
    if (code === 0) resolve()
    else reject(new Error(`ended with ${signal ?? `code ${code}`}${said.trim() === '' ? '' : `: ${said.trim()}`}`))
  })
  await promise
}
