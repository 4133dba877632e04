/** The outbox on a disk that really is full: a tmpfs of two megabytes in a mount namespace of its own. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { tempFolder } from '../testing/temp-folder.ts'

const agent = fileURLToPath(new URL('../testing/full-disk-process.ts', import.meta.url))

test('TG-412: a full disk refuses with OUTBOX_WRITE, leaves nothing half written, and is written again once there is room', (context) => {
  using folder = tempFolder()
  const script = `mount -t tmpfs -o size=2m tmpfs "${folder.path}" && exec "${process.execPath}" "${agent}" "${folder.path}/outbox"`
  const run = spawnSync('unshare', ['--mount', '--map-root-user', 'sh', '-c', script], { encoding: 'utf8', timeout: 30_000 })
  if (run.status !== 0 && /unshare|mount/.test(`${run.error?.message} ${run.stderr}`))
    return context.skip(`this system lets nobody mount a small disk: ${run.stderr.trim()}`)
  assert.equal(run.stderr, '')
  const seen: unknown = JSON.parse(run.stdout)
  assert.ok(isSeen(seen))
  const { filled, refusedAgain, whenFull, after, whenFullAgain, reopened, damage } = seen
  assert.ok(filled.kept > 100)
  assert.deepEqual([filled.code, refusedAgain, after.code], ['OUTBOX_WRITE', 'OUTBOX_WRITE', 'OUTBOX_WRITE'])
  assert.deepEqual(
    whenFull,
    Array.from({ length: filled.kept }, (_, seq) => seq)
  )
  assert.ok(after.kept > 100, `${after.kept} kept after room was made`)
  assert.deepEqual(
    whenFullAgain,
    Array.from({ length: after.kept }, (_, index) => filled.kept + index),
    'numbers go on without a hole'
  )
  assert.deepEqual(reopened, whenFullAgain)
  assert.deepEqual(damage, { records: 0, bytes: 0, messages: 0, readings: 0, tornBytes: 0 })
})

interface Seen {
  readonly filled: { readonly kept: number; readonly code: string }
  readonly refusedAgain: string
  readonly whenFull: readonly number[]
  readonly after: { readonly kept: number; readonly code: string }
  readonly whenFullAgain: readonly number[]
  readonly reopened: readonly number[]
  readonly damage: object
}

function isSeen(value: unknown): value is Seen {
  return typeof value === 'object' && value !== null && 'filled' in value && 'reopened' in value
}
