/**
 * Keeps secrets out of the file: a member whose whole text is `${env:NAME}` or `${file:path}` takes its value from there. Remembers
 * which values are secret, so that nothing ever shows them. Files that a source names are found from the folder of the file. A configuration from afar may do so for secrets only.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { escapePointer } from '@tracegate/model/reasons'
import { isRecord } from './schema-members.ts'

interface ReferenceProblem {
  readonly pointer: string
  readonly found: string
  readonly wanted: string
}

export interface Resolved {
  readonly value: unknown
  readonly problems: readonly ReferenceProblem[]
  /** Every secret text, for masking. */
  readonly secrets: readonly string[]
}

export interface ReferenceOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Folder that relative paths start from. */
  readonly folder: string
  /** local: any member may refer; remote: only members that hold a secret, so that a signed text cannot read what it should not. */
  readonly from: 'local' | 'remote'
}

const secretBytesMax = 65_536
const secretNames = /secret$|password$|passphrase$|token$/i
const referencePattern = /^\$\{(env|file):([^}]+)\}$/
/** Meant as one, but of no kind that there is. */
const otherReference = /^\$\{[^}]*\}$/
/** A file that a source reads. Only members of objects and of lists: the keys of a map are names of somebody else. */
const sourceFile = /^\/sources\/\d+(\/[A-Za-z]+\/\d+)*\/(file|[A-Za-z]*File)$/
/** User and password in a URL, where they do not belong. */
const urlPassword = /(:\/\/[^/\s:@"]*:)[^/\s@"]+@/g

/** Whether a member of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return secretNames.test(name)
}

export function resolveReferences(value: unknown, options: ReferenceOptions): Resolved {
  const problems: ReferenceProblem[] = []
  const secrets: string[] = []
  const walk = (at: unknown, pointer: string, name: string): unknown => {
    if (Array.isArray(at)) return at.map((item: unknown, index) => walk(item, `${pointer}/${index}`, name))
    if (isRecord(at))
      return Object.fromEntries(Object.entries(at).map(([key, item]) => [key, walk(item, `${pointer}/${escapePointer(key)}`, key)]))
    if (typeof at !== 'string') return at
    const match = referencePattern.exec(at)
    if (match === null && otherReference.test(at)) {
      problems.push({ pointer, found: at, wanted: 'a value, ${env:NAME} or ${file:path}' })
      return at
    }
    if (match === null) {
      if (isSecretName(name)) secrets.push(at)
      return sourceFile.test(pointer) ? resolve(options.folder, at) : at
    }
    const read = options.from === 'remote' && !isSecretName(name) ? refusedFromAfar : readReference(match[1] ?? '', match[2] ?? '', options)
    if (read.ok) {
      secrets.push(read.text)
      return read.text
    }
    problems.push({ pointer, found: at, wanted: read.wanted })
    return at
  }
  return { value: walk(value, '', ''), problems, secrets }
}

type Read = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly wanted: string }

const refusedFromAfar: Read = { ok: false, wanted: 'a value: from afar only secrets may be taken from the environment or a file' }

function readReference(kind: string, name: string, options: ReferenceOptions): Read {
  if (kind === 'file') return readSecretFile(resolve(options.folder, name))
  const text = options.env[name]
  return text === undefined || text === '' ? { ok: false, wanted: `the environment variable ${name} to be set` } : { ok: true, text }
}

/** The content without its end of line. */
export function readSecretFile(path: string): Read {
  try {
    const bytes = readFileSync(path)
    if (bytes.length > secretBytesMax) return { ok: false, wanted: `a file of at most ${secretBytesMax} bytes` }
    const text = bytes.toString('utf8').replace(/\r?\n$/, '')
    return text === '' ? { ok: false, wanted: 'a file that is not empty' } : { ok: true, text }
  } catch (error) {
    return { ok: false, wanted: `a readable file (${error instanceof Error ? error.message : String(error)})` }
  }
}

/** A text with every secret in it put out of sight; secrets of fewer than four characters are too common to look for. */
export function maskText(text: string, secrets: readonly string[]): string {
  // The longest first, so that nothing is left of one that another is a part of.
  return secrets
    .filter((secret) => secret.length >= 4)
    .toSorted((a, b) => b.length - a.length)
    .reduce((masked, secret) => masked.replaceAll(secret, '***'), text)
    .replace(urlPassword, '$1***@')
}
