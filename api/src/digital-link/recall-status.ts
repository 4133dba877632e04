/** Whether published warnings or recalls name a thing: what anybody may know of it. It reads cases and decides nothing. */
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { keyKind, parentKeyOf } from '@tracegate/model/gs1/key'
import type { RecallStatus } from '@tracegate/model/linkset'
import type { PublicWarning } from '@tracegate/model/http-details'
import type { ApiContext } from '../context.ts'
import { lotsOfItems } from '../goods.ts'
import { publishedWarnings } from '../routes/public.ts'

/** Recalls that are looked through. */
const recallsMax = 1_000
/** States of a recall that the public is told of (`regulation/rules.md` §3). */
const publicStates: ReadonlySet<string> = new Set(['running', 'effectivenessChecked', 'extended', 'closed'])

const keys = Type.Optional(Type.Array(Type.String()))
const RecallHead = Type.Object({
  status: Type.String(),
  scope: Type.Object({ products: keys, lots: keys, exposed: Type.Optional(Type.Array(Type.Object({ key: Type.String() }))) })
})
const recallHeads = compileValidator(RecallHead)

export async function recallStatusOf(context: Pick<ApiContext, 'cases' | 'trace' | 'nowMs'>, of: string): Promise<RecallStatus> {
  const [warnings, recalls] = await Promise.all([publishedWarnings(context, of), recallsOf(context, of)])
  const status = recalls.length > 0 ? 'recall' : warnings.length > 0 ? 'warning' : 'none'
  return { of, status, warnings: warnings.map(plain), recalls, asOfMs: context.nowMs() }
}

function plain({ id, level, title, matters, startMs }: PublicWarning): RecallStatus['warnings'][number] {
  return { id, level, title, matters, startMs }
}

async function recallsOf(context: Pick<ApiContext, 'cases' | 'trace'>, of: string): Promise<RecallStatus['recalls']> {
  const [heads, lots] = await Promise.all([context.cases.heads({ kind: 'recall', limit: recallsMax }), lotsOfItems(context.trace, [of])])
  const lot = keyKind(of) === 'lot' ? of : lots.get(of)
  const product = keyKind(of) === 'product' ? of : parentKeyOf(of)
  return heads.heads.flatMap((head) => {
    const read = recallHeads.check(head.state)
    if (!read.ok || !publicStates.has(read.value.status)) return []
    const { products = [], lots: named = [], exposed = [] } = read.value.scope
    const isWhole = named.length === 0 && exposed.length === 0
    const concerns =
      exposed.some((stay) => stay.key === of) ||
      (lot !== undefined && named.includes(lot)) ||
      (product !== undefined && products.includes(product) && (isWhole || keyKind(of) === 'product'))
    return concerns ? [{ id: head.id, status: read.value.status }] : []
  })
}
