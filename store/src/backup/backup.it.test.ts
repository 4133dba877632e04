/** A data folder is copied while another process writes it, verified, and restored; damage is found. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it, type TestContext } from 'node:test'
import { createEmbeddedCaseStore } from '../embedded-case.ts'
import { createEmbeddedTelemetryStore } from '../embedded-telemetry.ts'
import { expectedValues } from '../testing/kill-batches.ts'
import { backupFolder } from './backup-folder.ts'
import { restoreFolder } from './restore-folder.ts'
import { verifyFolder } from './verify-folder.ts'

async function folder(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tracegate-backup-'))
  context.after(() => rm(path, { recursive: true, force: true }))
  return path
}

async function fill(dataDir: string): Promise<void> {
  const telemetry = await createEmbeddedTelemetryStore({ dataDir })
  const readings = Array.from({ length: 5_000 }, (_, at) => ({
    point: 'p',
    device: 'd',
    metric: `m${at % 3}`,
    unit: 'Cel',
    value: at,
    quality: 1 as const,
    timeMs: at * 1_000
  }))
  await telemetry.append(readings)
  await telemetry.fold()
  await telemetry.close()
  const cases = await createEmbeddedCaseStore({ dataDir })
  for (let at = 0; at < 3; at += 1)
    await cases.append({
      kind: 'anomaly',
      id: 'a-1',
      expectedLength: at,
      step: { atMs: at, by: 'x', action: 'opened', why: 'y', data: { at } },
      head: { open: true, state: {} }
    })
  await cases.close()
  await writeFile(join(dataDir, 'key.json'), '{"k":1}')
  await mkdir(join(dataDir, 'edge', 'a'), { recursive: true })
  await writeFile(join(dataDir, 'edge', 'a', 'outbox'), 'not to be copied')
}

const problemsOf = async (path: string) =>
  (await verifyFolder({ folder: path })).flatMap(({ file, findings }) => findings.map(({ problem }) => `${file}: ${problem}`))

describe('a backup', () => {
  it('is restored file by file and holds what was stored; nothing is written over', async (context) => {
    const root = await folder(context)
    const [dataDir, target, again] = [join(root, 'data'), join(root, 'backup'), join(root, 'again')]
    await mkdir(dataDir)
    await fill(dataDir)
    const manifest = await backupFolder({ dataDir, target })
    assert.deepEqual(
      manifest.files.map(({ name }) => name),
      ['telemetry.db', 'cases.db', 'key.json']
    )
    assert.deepEqual(await problemsOf(target), [])
    await restoreFolder({ backup: target, dataDir: again })
    assert.equal(await readFile(join(again, 'key.json'), 'utf8'), '{"k":1}')
    const telemetry = await createEmbeddedTelemetryStore({ dataDir: again })
    assert.deepEqual(
      (await telemetry.series('')).map(({ series, count }) => [series, count]),
      [
        ['p/d/m0', 1_667],
        ['p/d/m1', 1_667],
        ['p/d/m2', 1_666]
      ]
    )
    await telemetry.close()
    await assert.rejects(restoreFolder({ backup: target, dataDir: again }), { code: 'STORE_TARGET' })
    await assert.rejects(backupFolder({ dataDir, target }), { code: 'STORE_TARGET' })
    await assert.rejects(backupFolder({ dataDir: join(root, 'none'), target: join(root, 'b2') }), { code: 'STORE_BACKUP' })
  })

  it('made while another process appends holds every reading that was acknowledged before it began', async (context) => {
    const root = await folder(context)
    const dataDir = join(root, 'data')
    await mkdir(dataDir)
    const writer = spawn(process.execPath, [new URL('../testing/append-until-killed.ts', import.meta.url).pathname, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    context.after(() => writer.kill('SIGKILL'))
    let told = ''
    writer.stdout.setEncoding('utf8').on('data', (text: string) => (told += text))
    for (let tries = 0; tries < 200 && told.split('\n').length < 20; tries += 1) await sleep(50)
    const acknowledged = told.trimEnd().split('\n').length
    assert.ok(acknowledged >= 19, told)
    const target = join(root, 'backup')
    await backupFolder({ dataDir, target })
    assert.equal(writer.exitCode, null, 'the writer went on')
    writer.kill('SIGKILL')
    await once(writer, 'exit')
    assert.deepEqual(await problemsOf(target), [])
    const store = await createEmbeddedTelemetryStore({ dataDir: target })
    try {
      const upTo = await store.appendedUpTo('kill-test')
      assert.ok(upTo + 1 >= acknowledged, `${upTo + 1} batches, ${acknowledged} were acknowledged before`)
      const [info] = await store.series('port-1/plc/m0')
      assert.equal(info?.count, expectedValues(upTo).length, 'the batches and their offset are of one moment')
    } finally {
      await store.close()
    }
  })

  it('is of single files that can be read where nothing can be written, and reading leaves nothing beside them', async (context) => {
    const root = await folder(context)
    const [dataDir, target] = [join(root, 'data'), join(root, 'backup')]
    await mkdir(dataDir)
    await fill(dataDir)
    await backupFolder({ dataDir, target })
    const names = await readdir(target)
    assert.deepEqual(names.toSorted(), ['backup.json', 'cases.db', 'key.json', 'telemetry.db'])
    assert.deepEqual(await problemsOf(target), [])
    assert.deepEqual(await readdir(target), names)
  })

  it('that fails or is interrupted leaves nothing behind', async (context) => {
    const root = await folder(context)
    const [dataDir, target] = [join(root, 'data'), join(root, 'backup')]
    await mkdir(dataDir)
    await fill(dataDir)
    const ending = new AbortController()
    await assert.rejects(backupFolder({ dataDir, target, signal: ending.signal, onProgress: () => ending.abort() }), { name: 'AbortError' })
    await assert.rejects(readdir(target), { code: 'ENOENT' })
    await writeFile(join(dataDir, 'broken.db'), 'no database at all, but long enough to be looked at')
    await assert.rejects(backupFolder({ dataDir, target }), { code: 'STORE_CORRUPT' })
    await assert.rejects(readdir(target), { code: 'ENOENT' })
  })

  it('is restored into an empty folder that is there, and never over a file or after an interruption', async (context) => {
    const root = await folder(context)
    const [dataDir, target] = [join(root, 'data'), join(root, 'backup')]
    await mkdir(dataDir)
    await fill(dataDir)
    await backupFolder({ dataDir, target })
    const [file, there] = [join(root, 'file'), join(root, 'there')]
    await writeFile(file, 'mine')
    await assert.rejects(restoreFolder({ backup: target, dataDir: file }), { code: 'STORE_TARGET' })
    assert.equal(await readFile(file, 'utf8'), 'mine')
    await mkdir(there)
    const ending = new AbortController()
    const interrupted = { backup: target, dataDir: there, signal: ending.signal, onProgress: () => ending.abort() }
    await assert.rejects(restoreFolder(interrupted), { name: 'AbortError' })
    assert.deepEqual(await readdir(there), [])
    await restoreFolder({ backup: target, dataDir: there })
    assert.deepEqual((await readdir(there)).toSorted(), ['cases.db', 'key.json', 'telemetry.db'])
    assert.deepEqual(await problemsOf(there), [])
  })

  it('that is damaged or not finished is told of and not restored', async (context) => {
    const root = await folder(context)
    const [dataDir, target] = [join(root, 'data'), join(root, 'backup')]
    await mkdir(dataDir)
    await fill(dataDir)
    await backupFolder({ dataDir, target })
    await writeFile(join(target, 'key.json'), '{"k":2}')
    assert.deepEqual(await problemsOf(target), ['backup.json: its checksum is another than when it was written'])
    const again = join(root, 'again')
    await assert.rejects(restoreFolder({ backup: target, dataDir: again }), {
      code: 'STORE_BACKUP',
      message: /key\.json is not as it was written/
    })
    await rm(join(target, 'backup.json'))
    await assert.rejects(restoreFolder({ backup: target, dataDir: again }), {
      code: 'STORE_BACKUP',
      message: /was not finished or is none/
    })
    await assert.rejects(readFile(join(again, 'key.json')), { code: 'ENOENT' })
  })
})

describe('the check of a data folder', () => {
  it('looks at the pages of a file of an earlier schema, and does not call it damaged', async (context) => {
    const dataDir = await folder(context)
    const database = new DatabaseSync(join(dataDir, 'telemetry.db'))
    database.exec('CREATE TABLE series (id INTEGER); PRAGMA user_version = 1')
    database.close()
    const [verdict] = await verifyFolder({ folder: dataDir })
    assert.deepEqual([verdict?.findings, /earlier schema/.test(verdict?.looked ?? '')], [[], true])
  })

  it('finds a cut file, rubbish, and a journal that somebody changed', async (context) => {
    const dataDir = await folder(context)
    await fill(dataDir)
    assert.deepEqual(await problemsOf(dataDir), [])
    const cases = new DatabaseSync(join(dataDir, 'cases.db'))
    cases.exec("UPDATE step SET by_whom = 'somebody else' WHERE step = 1")
    cases.close()
    assert.match((await problemsOf(dataDir)).join('\n'), /^cases\.db: hash is [0-9a-f]{64}, expected [0-9a-f]{64}$/)
    await truncate(join(dataDir, 'telemetry.db'), 9_000)
    await writeFile(join(dataDir, 'other.db'), 'no database at all, but long enough to be looked at')
    const problems = await problemsOf(dataDir)
    assert.ok(problems.some((problem) => problem.startsWith('telemetry.db: ')))
    assert.ok(problems.some((problem) => problem.startsWith('other.db: ')))
  })
})
