/** Moves blocks of schema version 1 to where today's are and fills their heads, a few in each transaction. A cut-off run goes on later. */
import type { DatabaseSync } from 'node:sqlite'
import { decodeBlock, headOf, type BlockHead } from '../../column-block.ts'
import { bytesOf, numberOf, type Row } from '../sqlite.ts'
import type { FoldEngine } from './fold-engine.ts'
import type { InTurn } from './retention.ts'
import { headOfRow } from './tables.ts'

const blocksPerSlice = 32

/** Gives how many were moved. One that does not decode stays where it is: questions about it tell that it is damaged. */
export async function moveOldBlocks(
  database: DatabaseSync,
  { blocks, write }: Pick<FoldEngine, 'blocks' | 'write'>,
  inTurn: InTurn
): Promise<number> {
  const some = database.prepare(`SELECT id, series, first_ms, data FROM old_block WHERE id > ? ORDER BY id LIMIT ${blocksPerSlice}`)
  const headOfBlock = database.prepare('SELECT * FROM head WHERE series = ? AND first_ms = ? AND block = ?')

  const moveOne = (row: Row): number => {
    const bytes = bytesOf(row, 'data')
    const series = numberOf(row, 'series')
    const found = headOfBlock.get(series, numberOf(row, 'first_ms'), numberOf(row, 'id'))
    const head = headOfBytes(bytes)
    if (found === undefined || head === undefined) return 0
    blocks.remove(headOfRow(found))
    blocks.insert(series, head, bytes)
    return 1
  }
  let moved = 0
  const moveSome = (afterId: number): number | undefined => {
    const rows = some.all(afterId)
    if (rows.length > 0) write(() => rows.forEach((row) => (moved += moveOne(row))))
    return rows.length === 0 ? undefined : numberOf(rows.at(-1), 'id')
  }

  let afterId: number | undefined = -1
  while (afterId !== undefined) {
    const from: number = afterId
    afterId = await inTurn(() => moveSome(from))
  }
  return moved
}

function headOfBytes(bytes: Uint8Array): BlockHead | undefined {
  try {
    return headOf(decodeBlock(bytes))
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
