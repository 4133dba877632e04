/** Containers and crates that go round: one is taken again only after it came back, otherwise a new one joins. */
import { Type, type Static } from 'typebox'

const PoolMember = Type.Object({ serial: Type.Integer({ minimum: 1 }), freeFromMs: Type.Integer() })
export const Pool = Type.Object({ members: Type.Array(PoolMember), nextSerial: Type.Integer({ minimum: 1 }) })
export type Pool = Static<typeof Pool>

/** Idle ones beyond this are taken out of service, longest idle first. */
const poolMembersMax = 500
/** In use, until further notice. */
const never = Number.MAX_SAFE_INTEGER

export function emptyPool(): Pool {
  return { members: [], nextSerial: 1 }
}

/** Gives the serial of one that is free at the time. */
export function takeFromPool(pool: Pool, atMs: number): number {
  const free = pool.members.find((member) => member.freeFromMs <= atMs)
  if (free !== undefined) {
    free.freeFromMs = never
    return free.serial
  }
  const serial = pool.nextSerial
  pool.nextSerial += 1
  pool.members.push({ serial, freeFromMs: never })
  return serial
}

export function returnToPool(pool: Pool, serial: number, freeFromMs: number): void {
  const member = pool.members.find((one) => one.serial === serial)
  if (member === undefined) return
  member.freeFromMs = freeFromMs
  if (pool.members.length <= poolMembersMax) return
  const idle = pool.members.findIndex((one) => one.freeFromMs !== never)
  if (idle >= 0) pool.members.splice(idle, 1)
}
