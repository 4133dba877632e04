/** Reads a folder in the format of the Numenta Anomaly Benchmark: data, labels, profiles, published scores. Says what is wrong with one that is not. */
import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { weighRows, nabProfiles, type NabProfile, type NabRows, type NabWeights, type NabWindow } from './nab-score.ts'
import { listFiles, readJson } from './vectors.ts'

const Windows = compileValidator(Type.Record(Type.String(), Type.Array(Type.Tuple([Type.String(), Type.String()]))))
const Weights = Type.Object({ tpWeight: Type.Number(), fnWeight: Type.Number(), fpWeight: Type.Number() })
const Profiles = compileValidator(Type.Object({ standard: Weights, reward_low_FP_rate: Weights, reward_low_FN_rate: Weights }))
/** The benchmark's own file has the weights one level down, with a line for its unused true negatives. */
const OwnProfiles = compileValidator(Type.Record(Type.String(), Type.Object({ CostMatrix: Weights })))

export interface NabFile {
  /** `category/name.csv`, as the labels spell it. */
  readonly name: string
  readonly timesMs: Float64Array
  readonly values: Float64Array
  readonly rows: NabRows
}

export interface NabCorpus {
  readonly files: readonly NabFile[]
  readonly weights: Readonly<Record<NabProfile, NabWeights>>
  /** Files that have windows, but no data here: they count nowhere. */
  readonly absent: readonly string[]
  /** Scores of detectors by name, each in the order of the files. */
  readonly published: ReadonlyMap<string, readonly Float64Array[]>
  /** Detectors whose results cannot be scored, with the reason. */
  readonly problems: readonly { readonly detector: string; readonly why: string }[]
}

/** The names that the windows file has in the benchmark and in halves of it, the one that is preferred first. */
const windowFiles = ['labels/combined_windows.json', 'combined_windows.json', 'labels/combined_windows_tiny.json']
const profileFiles = ['profiles.json', 'config/profiles.json']
const rowsPerFileMax = 5_000_000

export async function readCorpus(folder: string): Promise<NabCorpus> {
  if (!(await stat(folder)).isDirectory())
    throw new RangeError(`Cannot read the corpus: path is a file, expected a folder with data/ and labels/`)
  const data = join(folder, 'data')
  if (!existsSync(data))
    throw new RangeError(`Cannot read the corpus: there is no folder "data" in ${folder}, expected data/<category>/<name>.csv`)
  const names = (await listFiles(data, (name) => name.endsWith('.csv') || name.endsWith('.csv.gz'))).map((path) => nameIn(data, path))
  if (names.length === 0) throw new RangeError(`Cannot read the corpus: ${data} has no .csv file, expected at least one`)
  const windows = await readWindows(folder)
  const files: NabFile[] = []
  for (const name of names) files.push(await readFileOf(data, name, windows))
  const absent = Object.keys(windows).filter((name) => !names.includes(name))
  return { files, absent, weights: await readWeights(folder), ...(await readPublished(folder, files)) }
}

function nameIn(folder: string, path: string): string {
  return relative(folder, path).split(sep).join('/').replace(/\.gz$/, '')
}

async function readWindows(folder: string): Promise<Record<string, [string, string][]>> {
  const found = windowFiles.find((name) => existsSync(join(folder, name)))
  if (found === undefined)
    throw new RangeError(`Cannot read the corpus: ${folder} has no windows file, expected ${windowFiles.slice(0, 2).join(' or ')}`)
  const checked = Windows.check(await readJsonOr(join(folder, found)))
  if (!checked.ok) throw new RangeError(`Cannot read the corpus: ${found} is wrong: ${checked.reason.message}`)
  return checked.value
}

async function readJsonOr(path: string): Promise<unknown> {
  try {
    return await readJson(path)
  } catch (error) {
    throw new RangeError(`Cannot read the corpus: ${path} is no JSON: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error
    })
  }
}

async function readWeights(folder: string): Promise<Record<NabProfile, NabWeights>> {
  const found = profileFiles.find((name) => existsSync(join(folder, name)))
  if (found === undefined) throw new RangeError(`Cannot read the corpus: ${folder} has no weights, expected ${profileFiles.join(' or ')}`)
  const value = await readJsonOr(join(folder, found))
  const own = OwnProfiles.check(value)
  const checked = Profiles.check(
    own.ok ? Object.fromEntries(Object.entries(own.value).map(([name, { CostMatrix }]) => [name, CostMatrix])) : value
  )
  if (!checked.ok)
    throw new RangeError(`Cannot read the corpus: ${found} is wrong: ${checked.reason.message}, expected ${nabProfiles.join(', ')}`)
  const of = (profile: NabProfile): NabWeights => {
    const { tpWeight: tp, fnWeight: fn, fpWeight: fp } = checked.value[profile]
    return { tp, fn, fp }
  }
  return { standard: of('standard'), reward_low_FP_rate: of('reward_low_FP_rate'), reward_low_FN_rate: of('reward_low_FN_rate') }
}

async function readFileOf(data: string, name: string, windows: Readonly<Record<string, readonly [string, string][]>>): Promise<NabFile> {
  const { times, columns } = parseTable(await readText(join(data, name)), { name, column: 'value' })
  const labelled = windows[name]
  if (labelled === undefined)
    throw new RangeError(`Cannot read ${name}: the windows file does not list it, expected an entry (an empty list for a clean file)`)
  const timesMs = new Float64Array(times.length)
  for (const [row, time] of times.entries()) timesMs[row] = parseTime(time, name, row)
  const own = labelled.map(([from, to]): NabWindow => {
    // Repeated times: the first row counts
    const left = timesMs.indexOf(parseTime(from, `${name} windows`, 0))
    const right = timesMs.indexOf(parseTime(to, `${name} windows`, 0))
    if (left < 0 || right < left) throw new RangeError(`Cannot read ${name}: the window ${from} to ${to} does not lie on its rows`)
    return { left, right }
  })
  return { name, timesMs, values: columns, rows: weighRows(times.length, own) }
}

async function readText(path: string): Promise<string> {
  if (existsSync(path)) return readFile(path, 'utf8')
  try {
    return gunzipSync(await readFile(`${path}.gz`)).toString('utf8')
  } catch (error) {
    throw new RangeError(`Cannot read ${path}.gz: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** Times without a zone, taken as UTC: only their order and distance count. */
function parseTime(text: string, name: string, row: number): number {
  const parsed = Date.parse(
    `${text
      .trim()
      .replace(' ', 'T')
      .replace(/\.(\d{3})\d*$/, '.$1')}Z`
  )
  if (!Number.isFinite(parsed)) throw new RangeError(`Cannot read ${name} row ${row + 1}: time is "${text}", expected YYYY-MM-DD hh:mm:ss`)
  return parsed
}

function parseTable(text: string, { name, column }: { name: string; column: string }): { times: string[]; columns: Float64Array } {
  const [head = '', ...lines] = text
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split(/\r?\n/)
  const titles = head.split(',').map((title) => title.trim())
  const at = titles.indexOf(column)
  const timeAt = titles.indexOf('timestamp')
  if (at < 0 || timeAt < 0)
    throw new RangeError(`Cannot read ${name}: its columns are "${head.slice(0, 80)}", expected timestamp and ${column}`)
  if (lines.length === 0 || lines.length > rowsPerFileMax)
    throw new RangeError(`Cannot read ${name}: it has ${lines.length} rows, expected 1 to ${rowsPerFileMax}`)
  const columns = new Float64Array(lines.length)
  const times = lines.map((line, row) => {
    const cells = line.split(',')
    const value = Number(cells[at])
    if (cells[at]?.trim() === '' || !Number.isFinite(value))
      throw new RangeError(`Cannot read ${name} row ${row + 1}: ${column} is "${cells[at] ?? ''}", expected a number`)
    columns[row] = value
    return cells[timeAt] ?? ''
  })
  return { times, columns }
}

/** `results/<detector>/<category>/[<detector>_]<name>.csv[.gz]`; a detector that lacks one of the files cannot be scored. */
async function readPublished(folder: string, files: readonly NabFile[]): Promise<Pick<NabCorpus, 'published' | 'problems'>> {
  const root = join(folder, 'results')
  const found = new Map<string, Map<string, string>>()
  const names = new Set(files.map(({ name }) => name))
  const paths = existsSync(root) ? await listFiles(root, (name) => /\.csv(\.gz)?$/.test(name)) : []
  for (const path of paths) {
    const [detector = '', category = '', base = ''] = nameIn(root, path).split('/')
    const name = [`${category}/${base}`, `${category}/${base.slice(detector.length + 1)}`].find((candidate) => names.has(candidate))
    const of = found.get(detector) ?? new Map<string, string>()
    if (name !== undefined) found.set(detector, of.set(name, path.replace(/\.gz$/, '')))
  }
  const published = new Map<string, Float64Array[]>()
  const problems: { detector: string; why: string }[] = []
  for (const [detector, of] of found) {
    try {
      published.set(detector, await readScores(detector, files, of))
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      problems.push({ detector, why: error.message })
    }
  }
  return { published, problems }
}

async function readScores(detector: string, files: readonly NabFile[], paths: ReadonlyMap<string, string>): Promise<Float64Array[]> {
  const all: Float64Array[] = []
  for (const file of files) {
    const path = paths.get(file.name)
    if (path === undefined)
      throw new RangeError(
        `Cannot score ${detector}: it has results of ${paths.size} files, expected ${files.length}; ${file.name} is missing`
      )
    const { columns } = parseTable(await readText(path), { name: `results/${detector}/${file.name}`, column: 'anomaly_score' })
    if (columns.length !== file.values.length)
      throw new RangeError(`Cannot score ${detector}: ${file.name} has ${columns.length} rows, expected ${file.values.length}`)
    all.push(columns)
  }
  return all
}
