/** Where the vectors of others stand: the folder `testdata` of the `shared` folder beside the project. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../../shared/testdata', import.meta.url))

/** Options of a test that needs vectors: skips with the reason where they are absent, except in CI, where the test then fails. */
export function needsTestdata(): { readonly skip: string | false } {
  return { skip: existsSync(folder) || process.env['CI'] === 'true' ? false : `needs the folder ${folder}` }
}

export function testdataPath(...parts: readonly string[]): string {
  return join(folder, ...parts)
}
