/** Whether a thing is recalled: by itself, by its lot, by its product, or because of what is in it. It reads recalls and decides none. */
import { keyKind, parentKeyOf } from '@tracegate/model/gs1/key'
import type { RecallMatch, RecallMatchKind } from '@tracegate/model/linkset'
import type { RecallCase } from '@tracegate/model/recall-case'
import { classesAsked } from '@tracegate/model/recall-goods'
import type { ManifestGood } from '@tracegate/model/recall-manifest'
import type { TraceStore } from '@tracegate/store/trace-store'
import { lotsOfItems } from '../goods.ts'

export interface RecallFinder {
  /** Recalls that the public is told of and that name the thing, newest first. */
  find(of: string): Promise<RecallMatch[]>
}

export interface RecallFinderOptions {
  readonly trace: TraceStore
  readonly published: () => Promise<readonly RecallCase[]>
  readonly goods: (recall: RecallCase) => Promise<readonly ManifestGood[]>
}

/** What is in a pallet is looked up within these limits; past them the answer rests on what was found. */
const contentsMax = 2_000
const contentsTimeMs = 1_000
/** Key sets kept; of recalls, the one used longest ago goes first. */
const setsMax = 32

export function createRecallFinder({ trace, published, goods }: RecallFinderOptions): RecallFinder {
  const sets = new Map<string, ReadonlySet<string>>()

  async function keysOf(recall: RecallCase): Promise<ReadonlySet<string>> {
    const id = `${recall.id} ${recall.scope?.version ?? 0}`
    const found = sets.get(id) ?? new Set((await goods(recall)).map(({ key }) => key))
    sets.delete(id)
    sets.set(id, found)
    const oldest = sets.size > setsMax ? sets.keys().next().value : undefined
    if (oldest !== undefined) sets.delete(oldest)
    return found
  }

  async function contentsOf(of: string): Promise<readonly string[]> {
    if (keyKind(of) !== 'logistic' && keyKind(of) !== 'asset') return []
    const answer = await trace.ask('scope', { of, nodesMax: contentsMax, goodsMax: contentsMax, timeMaxMs: contentsTimeMs })
    return answer.holders.flatMap((holder) => holder.goods)
  }

  return {
    async find(of) {
      const recalls = await published()
      if (recalls.length === 0) return []
      const [lots, contents] = await Promise.all([lotsOfItems(trace, [of]), contentsOf(of)])
      const thing = {
        of,
        lot: keyKind(of) === 'lot' ? of : lots.get(of),
        product: keyKind(of) === 'product' ? of : parentKeyOf(of),
        contents
      }
      const found: RecallMatch[] = []
      for (const recall of recalls) {
        const match = await matchOf(recall, thing, () => keysOf(recall))
        if (match !== undefined) found.push(told(recall, match))
      }
      return found
    }
  }
}

interface Thing {
  readonly of: string
  readonly lot: string | undefined
  readonly product: string | undefined
  readonly contents: readonly string[]
}

/** A good of a lot of which only other goods are recalled is not recalled. */
async function matchOf(
  recall: RecallCase,
  { of, lot, product, contents }: Thing,
  keys: () => Promise<ReadonlySet<string>>
): Promise<RecallMatchKind | undefined> {
  const classes = classesAsked(recall)
  const { scope } = recall
  if (scope === undefined) return undefined
  if (product !== undefined && classes.includes(product)) return 'product'
  if (lot !== undefined && classes.includes(lot)) return 'lot'
  const isOfProduct = product !== undefined && (scope.products.includes(product) || scope.products.length === productsListedMax)
  if (product !== undefined && !isOfProduct) return undefined
  const known = await keys()
  if (known.has(of)) return 'item'
  if (contents.some((key) => known.has(key))) return 'contents'
  if (keyKind(of) === 'lot' && scope.lots.includes(of)) return 'partOfLot'
  if (keyKind(of) === 'product' && isOfProduct) return 'partOfProduct'
  return undefined
}

/** A frozen scope lists so many products; past them each one may be of it. */
const productsListedMax = 1_000

function told({ id, status, title, notice }: RecallCase, match: RecallMatchKind): RecallMatch {
  return {
    id,
    status,
    match,
    title,
    ...(notice === undefined
      ? {}
      : {
          headline: notice.content.headline,
          hazard: notice.content.hazard,
          instruction: notice.content.instruction,
          publishedAtMs: notice.atMs
        })
  }
}
