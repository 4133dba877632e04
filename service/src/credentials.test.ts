/** The row of a client: what is read, what is active, and that it never outgrows its bounds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  accessOf,
  activeCredentialsMax,
  activeOf,
  pastCredentialsMax,
  withChange,
  withCredential,
  type StoredAccess,
  type StoredCredential
} from './credentials.ts'

const empty: StoredAccess = { role: 'device', point: 'p', device: 'd', credentials: [] }
const token = (id: string, more: Partial<StoredCredential> = {}): StoredCredential => {
  const { validUntilMs, revokedAtMs } = more
  return {
    id,
    kind: 'token',
    ...(validUntilMs === undefined ? {} : { validUntilMs }),
    ...(revokedAtMs === undefined ? {} : { revokedAtMs })
  }
}

test('rows of others in the register are nobody, and the first form is read as one generated secret', () => {
  for (const document of [
    undefined,
    null,
    'x',
    {},
    { name: 'key', rights: [], sha256: '0'.repeat(64) },
    { ...empty, role: 'king' },
    { ...empty, credentials: [{}] }
  ])
    assert.equal(accessOf(document), undefined)
  const [credential] = accessOf({ role: 'edge', point: 'p', device: 'a', secretHash: 'ab'.repeat(32) })?.credentials ?? []
  assert.deepEqual(credential, { id: 'first', kind: 'secret', origin: 'generated', hash: { scheme: 'sha256', hash: 'ab'.repeat(32) } })
})

test('a credential is worth something until it is revoked or has ended', () => {
  const access = { ...empty, credentials: [token('a'), token('b', { validUntilMs: 10 }), token('c', { revokedAtMs: 1 })] }
  assert.deepEqual(
    [9, 10].map((nowMs) => activeOf(access, nowMs).map(({ id }) => id)),
    [['a', 'b'], ['a']]
  )
})

test('a change touches its credential alone, and there must be one', () => {
  const access = { ...empty, credentials: [token('a'), token('b')] }
  assert.deepEqual(withChange(access, 'b', (one) => ({ ...one, revokedAtMs: 5 }))?.credentials, [
    token('a'),
    token('b', { revokedAtMs: 5 })
  ])
  assert.equal(
    withChange(access, 'c', (one) => one),
    undefined
  )
})

test('whatever is made and revoked, a row stays within its bounds, keeps every active credential, and can be read again', () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant('add' as const), lifeMs: fc.option(fc.nat(50)) }),
    fc.record({ type: fc.constant('revoke' as const), at: fc.nat(30) })
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      let access = empty
      steps.forEach((one, nowMs) => {
        const before = activeOf(access, nowMs)
        if (one.type === 'revoke') {
          const id = access.credentials[one.at % Math.max(1, access.credentials.length)]?.id ?? ''
          access = withChange(access, id, (credential) => ({ ...credential, revokedAtMs: nowMs })) ?? access
          return
        }
        const next = withCredential(
          access,
          token(String(nowMs), one.lifeMs === null ? {} : { validUntilMs: nowMs + 1 + one.lifeMs }),
          nowMs
        )
        assert.equal(next === undefined, before.length >= activeCredentialsMax)
        if (next === undefined) return
        assert.deepEqual(activeOf(next, nowMs).slice(0, -1), before)
        access = next
      })
      assert.ok(access.credentials.length <= activeCredentialsMax + pastCredentialsMax)
      assert.deepEqual(accessOf(JSON.parse(JSON.stringify(access))), access)
    })
  )
})
