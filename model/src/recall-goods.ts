/** The frozen goods of a recall read back from its journal and proved, and the keys under which they are to be stopped. Pure. */
import { compileValidator } from './codec.ts'
import { keyKind } from './gs1/key.ts'
import { recallError } from './recall-errors.ts'
import { liveRecallStatuses, type RecallCase } from './recall-case.ts'
import { manifestHash, unpackManifest, type ManifestGood } from './recall-manifest.ts'
import { RecallStep } from './recall-steps.ts'

const steps = compileValidator(RecallStep)

/** The goods of a version of the scope as they were frozen; throws `RECALL_MANIFEST` when they are not those whose hash the case holds. */
export function frozenGoods(
  recall: Pick<RecallCase, 'id' | 'scopeVersions'>,
  journal: readonly { readonly data: unknown }[],
  version: number
): ManifestGood[] {
  const fail = (detail: string) => recallError('RECALL_MANIFEST', { id: recall.id, detail })
  for (const { data } of journal) {
    const read = steps.check(data)
    if (!read.ok || read.value.type !== 'scopeFrozen' || read.value.scope.version !== version) continue
    const goods = unpackManifest(read.value.manifest)
    const wanted = recall.scopeVersions.find((one) => one.version === version)?.sha256
    const found = manifestHash(goods)
    if (found !== wanted) throw fail(`scope version ${version} has the hash ${found}, expected ${wanted ?? 'one of the case'}`)
    return goods
  }
  throw fail(`its journal has no scope version ${version}, expected it`)
}

/** The keys that hold the goods of a recall in force; empty when it holds nothing any more, and for a drill. */
export function holdKeysOf(recall: RecallCase, goods: readonly ManifestGood[]): string[] {
  return liveRecallStatuses.has(recall.status) && !recall.drill ? stopKeysOf(recall, goods) : []
}

/**
 * The keys that stand for the frozen goods, and for no other: lots and products asked for as a whole are named as they are, every
 * other good by itself, so that a recall of single units leaves the rest of their lot alone.
 */
export function stopKeysOf(recall: Pick<RecallCase, 'scope'>, goods: readonly ManifestGood[]): string[] {
  const classes = classesAsked(recall)
  const covered = (key: string): boolean => classes.some((one) => key === one || key.startsWith(`${one}/`))
  return [...new Set([...classes, ...goods.map(({ key }) => key).filter((key) => !covered(key))])]
}

/** Whether nothing but lots and products was asked for. */
export function isWhole({ scope }: Pick<RecallCase, 'scope'>): boolean {
  return scope !== undefined && scope.asked.of.length > 0 && classesAsked({ scope }).length === scope.asked.of.length
}

/** Lots and products that are recalled as a whole: also what nobody knew of when the scope was frozen. */
export function classesAsked({ scope }: Pick<RecallCase, 'scope'>): string[] {
  if (scope === undefined || scope.asked.place !== undefined) return []
  return scope.asked.of.filter((key) => keyKind(key) === 'lot' || keyKind(key) === 'product')
}
