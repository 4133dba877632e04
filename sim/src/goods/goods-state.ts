/** What must outlive the process for the goods to go on where they were: one JSON file, replaced as a whole. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Type, type Static } from 'typebox'
import { compileValidator, decodeMessage } from '@tracegate/model/codec'
import { isMissing } from '../credentials.ts'
import { simError } from '../errors.ts'
import { ConsignmentRecord } from './consignment.ts'
import { TrueStay } from './ground-truth.ts'
import { Pool } from './pool.ts'

/** Goods on a shelf: one item, or what is left of a lot in kilograms. */
export const Stock = Type.Object({
  key: Type.String(),
  goods: Type.Union([Type.Literal('vaccine'), Type.Literal('fish'), Type.Literal('formula'), Type.Literal('toy')]),
  kilograms: Type.Number({ minimum: 0 })
})
export type Stock = Static<typeof Stock>

export const GoodsState = Type.Object({
  version: Type.Literal(1),
  seed: Type.Integer(),
  /** When the port was started for the first time; the back-history ends here. */
  startedMs: Type.Integer(),
  /** False until the whole back-history was taken by the platform. */
  historyTold: Type.Boolean(),
  nextNumber: Type.Integer({ minimum: 0 }),
  nextSale: Type.Integer({ minimum: 0 }),
  consignments: Type.Array(ConsignmentRecord),
  containers: Pool,
  crates: Pool,
  stock: Type.Array(Stock),
  stays: Type.Array(TrueStay)
})
export type GoodsState = Static<typeof GoodsState>

const validator = compileValidator(GoodsState)

function goodsStatePathOf(dataDir: string): string {
  return join(dataDir, 'sim', 'goods.json')
}

export async function readGoodsState(dataDir: string): Promise<GoodsState | undefined> {
  const path = goodsStatePathOf(dataDir)
  const bytes = await readFile(path).catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw simError('SIM_FILE_UNREADABLE', { what: 'goods', path, detail: String(error) }, error)
  })
  if (bytes === undefined) return undefined
  const decoded = decodeMessage(validator, bytes)
  if (!decoded.ok) throw simError('SIM_FILE_UNREADABLE', { what: 'goods', path, detail: decoded.reason.message })
  return decoded.value
}

export async function writeGoodsState(dataDir: string, state: GoodsState): Promise<void> {
  const path = goodsStatePathOf(dataDir)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.new`, JSON.stringify(state))
  await rename(`${path}.new`, path)
}
