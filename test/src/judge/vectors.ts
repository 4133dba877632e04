/** Finds the vector files at a path and reads them; what is in them is checked by the judge that knows the format. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** All files at the path, sorted, folders walked through. */
export async function listFiles(path: string, matches: (name: string) => boolean): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && matches(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8')
  const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
  return value
}

/** The name of a case in a judge's lines. */
export function caseName(file: string, id: string | number): string {
  return `${basename(file)} ${id}`
}
