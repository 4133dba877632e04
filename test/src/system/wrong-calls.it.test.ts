/** What is said when the product cannot start: one clear line, exit code 2, nothing left behind. */
import assert from 'node:assert/strict'
import { readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runToEnd, temporaryFolder } from './product.ts'

const main = fileURLToPath(new URL('../../../sim/src/main.ts', import.meta.url))

async function complaintOf(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { code, errors, output } = await runToEnd(main, args, { env })
  assert.equal(code, 2, `${output}${errors}`)
  assert.equal(output, '')
  assert.equal(errors.trimEnd().split('\n').length, 1, errors)
  return errors
}

test('an unknown option is named with the nearest known one', async () => {
  assert.match(await complaintOf(['--http-prot', '1']), /"--http-prot".*did you mean "--http-port"/)
})

test('a broken value names its source, itself and what was expected', async () => {
  assert.match(await complaintOf([], { TRACEGATE_HTTP_PORT: 'eighty' }), /TRACEGATE_HTTP_PORT.*"eighty".*whole number/)
})

test('a configuration file with an unknown key is refused', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'tracegate.yaml')
  await writeFile(file, 'httpPrt: 1\n')
  assert.match(await complaintOf(['--config', file]), /"httpPrt".*did you mean "httpPort"/)
})

test('a port in use is named with the flag that changes it, and no data is made', async () => {
  await using folder = await temporaryFolder()
  const server = createServer()
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(address !== null && typeof address === 'object' ? address.port : 0)
    })
  )
  try {
    const complaint = await complaintOf(['--http-port', `${port}`, '--data-dir', join(folder.path, 'data')])
    assert.match(complaint, new RegExp(`port is ${port} on 127.0.0.1, which is in use.*--http-port`))
    assert.deepEqual(await readdir(folder.path), [])
  } finally {
    server.close()
  }
})

test('a data folder that cannot be written is named', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'file')
  await writeFile(file, '')
  assert.match(
    await complaintOf([
      '--http-port',
      '0',
      '--mqtt-port',
      '0',
      '--plc-port',
      '0',
      '--reader-port',
      '0',
      '--field-port',
      '0',
      '--data-dir',
      join(file, 'data')
    ]),
    /data folder.*expected a writable folder/
  )
})
