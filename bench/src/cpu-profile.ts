/** Reads processor profiles as Node writes them (`--cpu-prof`) and adds up where the time went, by function and by package. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

interface Frame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
}

export interface ProfileEntry {
  readonly name: string
  /** Of the time that the main thread was not idle. */
  readonly share: number
  readonly selfMs: number
}

export interface ProfileSummary {
  readonly busyMs: number
  readonly functions: readonly ProfileEntry[]
  readonly packages: readonly ProfileEntry[]
}

/** Of the largest profile in the folder: the one of the main thread. Undefined when there is none. */
export async function readProfile(folder: string): Promise<ProfileSummary | undefined> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile'))
  let largest = ''
  for (const name of names) {
    const text = await readFile(join(folder, name), 'utf8')
    if (text.length > largest.length) largest = text
  }
  if (largest === '') return undefined
  const { nodes, samples, timeDeltas } = partsOf(JSON.parse(largest))
  const frames = new Map(nodes.map((node) => [member(node, 'id'), frameOf(member(node, 'callFrame'))]))
  const functions = new Map<string, number>()
  const packages = new Map<string, number>()
  let busyMs = 0
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id)
    if (frame === undefined || frame.functionName === '(idle)') continue
    const tookMs = Number(timeDeltas[index] ?? 0) / 1_000
    busyMs += tookMs
    add(functions, `${frame.functionName || '(anonymous)'} ${placeOf(frame)}`, tookMs)
    add(packages, packageOf(frame), tookMs)
  }
  return { busyMs, functions: sorted(functions, busyMs), packages: sorted(packages, busyMs) }
}

function partsOf(profile: unknown) {
  const list = (name: string): readonly unknown[] => {
    const found = member(profile, name)
    return Array.isArray(found) ? found : []
  }
  return { nodes: list('nodes'), samples: list('samples'), timeDeltas: list('timeDeltas') }
}

function frameOf(value: unknown): Frame {
  return {
    functionName: textIn(value, 'functionName'),
    url: textIn(value, 'url'),
    lineNumber: Number(member(value, 'lineNumber') ?? 0)
  }
}

function textIn(value: unknown, name: string): string {
  const found = member(value, name)
  return typeof found === 'string' ? found : ''
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined
}

function add(sums: Map<string, number>, name: string, tookMs: number): void {
  sums.set(name, (sums.get(name) ?? 0) + tookMs)
}

function sorted(sums: ReadonlyMap<string, number>, busyMs: number): ProfileEntry[] {
  return [...sums].map(([name, selfMs]) => ({ name, selfMs, share: selfMs / busyMs })).toSorted((left, right) => right.selfMs - left.selfMs)
}

function placeOf({ url, lineNumber }: Frame): string {
  const path = url.split('/').slice(-2).join('/')
  return path === '' ? '' : `${path}:${lineNumber + 1}`
}

function packageOf({ url, functionName }: Frame): string {
  if (url === '') return functionName
  if (url.startsWith('node:')) return 'node'
  const library = url.split('/node_modules/').at(-1)
  if (library !== undefined && library !== url) return library.split('/')[0] ?? url
  return /\/([^/]+)\/src\//.exec(url)?.[1] ?? url
}
