/** `npm run generate`: writes the files that are made from code. With `--check` it writes nothing and exits 1 when one is stale. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generatedFiles } from './generated.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
/** Folders that hold nothing but generated files: what is not made any more goes. */
const ownFolders = ['firmware-specs/schemas', 'firmware-specs/vectors/valid', 'firmware-specs/vectors/invalid']

const [option, ...rest] = process.argv.slice(2)
if (rest.length > 0 || (option !== undefined && option !== '--check')) {
  process.stderr.write(`Usage: npm run generate [-- --check]\n  option is "${[option, ...rest].join(' ')}", expected --check or none\n`)
  process.exit(2)
}
const files = generatedFiles()
const stale: string[] = []
for (const { path, text } of files) {
  const found = await readFile(join(root, path), 'utf8').catch(() => undefined)
  if (found === text) continue
  stale.push(path)
  if (option === '--check') continue
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), text)
}
const wanted = new Set(files.map(({ path }) => path))
for (const folder of ownFolders) {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => [])
  for (const entry of entries.filter((entry) => entry.isFile())) {
    const path = relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/')
    if (wanted.has(path)) continue
    stale.push(path)
    if (option !== '--check') await rm(join(root, path))
  }
}
if (option === '--check' && stale.length > 0) {
  process.stderr.write(`Generated files are stale: ${stale.join(', ')}; expected what "npm run generate" writes\n`)
  process.exit(1)
}
process.stdout.write(
  option === '--check' ? `${files.length} generated files are up to date\n` : `${files.length} files, ${stale.length} written or removed\n`
)
