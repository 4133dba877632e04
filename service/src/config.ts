/**
 * Reads an app's configuration from file, then environment, then flags, against one TypeBox object schema. Every option has
 * a description and, unless it must be given, a default. An unknown option or a value of the wrong kind is an error that
 * names the source, the value and what was expected.
 */
import { readFileSync } from 'node:fs'
import type { Static, TObject, TSchema } from 'typebox'
import { parse as parseYaml } from 'yaml'
import { compileValidator } from '@tracegate/model/codec'
import { serviceError } from './errors.ts'
import { nearestOf } from './nearest.ts'

export interface ConfigSources {
  /** Arguments after the script. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** `TRACEGATE` makes `httpPort` readable from `TRACEGATE_HTTP_PORT`. */
  readonly prefix: string
}

export interface LoadedConfig<Schema extends TObject> {
  readonly values: Static<Schema>
  /** Option to where its value came from: `default`, `file`, `environment` or `flag`. */
  readonly origins: Readonly<Record<string, string>>
  readonly helpAsked: boolean
}

interface OptionFacts {
  readonly name: string
  readonly flag: string
  readonly variable: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'enum' | 'nested'
  readonly choices: readonly string[]
  readonly description: string
  readonly fallback: unknown
}

/** Throws a coded error (`CONFIG_…`) for anything that is not right. `--help` stops reading and says so in the result. */
export function loadConfig<const Schema extends TObject>(schema: Schema, sources: ConfigSources): LoadedConfig<Schema> {
  const options = optionsOf(schema, sources.prefix)
  const values: Record<string, unknown> = {}
  const origins: Record<string, string> = {}
  const set = (name: string, value: unknown, origin: string) => {
    values[name] = value
    origins[name] = origin
  }
  for (const option of options) if (option.fallback !== undefined) set(option.name, option.fallback, 'default')
  const flags = readFlags(sources.argv, options)
  const path = flags.config ?? sources.env[`${sources.prefix}_CONFIG`]
  if (path !== undefined) for (const [name, value] of Object.entries(readFile(path, options))) set(name, value, 'file')
  for (const option of options) {
    const text = sources.env[option.variable]
    if (text !== undefined && option.type !== 'nested')
      set(option.name, parseValue(option, text, `environment variable ${option.variable}`), 'environment')
  }
  for (const [option, text] of flags.values) set(option.name, parseValue(option, text, `flag --${option.flag}`), 'flag')
  if (flags.help) return { values: check(schema, options, { ...defaultsOf(options), ...values }, origins, true), origins, helpAsked: true }
  return { values: check(schema, options, values, origins, false), origins, helpAsked: false }
}

/** What environment and flags say, for an app that reads its file by itself. Throws a coded error for what is not right. */
export function readOverrides(
  schema: TObject,
  sources: ConfigSources
): { readonly values: Readonly<Record<string, unknown>>; readonly path: string | undefined; readonly helpAsked: boolean } {
  const options = optionsOf(schema, sources.prefix)
  const flags = readFlags(sources.argv, options)
  const values: Record<string, unknown> = {}
  for (const option of options) {
    const text = sources.env[option.variable]
    if (text !== undefined && option.type !== 'nested')
      values[option.name] = parseValue(option, text, `environment variable ${option.variable}`)
  }
  for (const [option, text] of flags.values) values[option.name] = parseValue(option, text, `flag --${option.flag}`)
  return { values, path: flags.config ?? sources.env[`${sources.prefix}_CONFIG`], helpAsked: flags.help }
}

/** The options as a text table for `--help`. */
export function describeOptions(schema: TObject, prefix: string): string {
  const options = optionsOf(schema, prefix)
  const left = (option: OptionFacts) => (option.type === 'nested' ? `${option.name} (in the file)` : `--${option.flag}${valueHint(option)}`)
  const width = Math.max(...options.map((option) => left(option).length))
  return options
    .map((option) => {
      const fallback = option.fallback === undefined || option.fallback === '' ? '' : ` (default ${JSON.stringify(option.fallback)})`
      return `  ${left(option).padEnd(width + 2)}${option.description}${fallback}`
    })
    .join('\n')
}

/** The options as rows of a Markdown table: option, flag, environment variable, default, meaning. */
export function optionsAsMarkdown(schema: TObject, prefix: string): string {
  const rows = optionsOf(schema, prefix).map((option) => {
    const fallback = option.fallback === undefined ? '' : `\`${JSON.stringify(option.fallback)}\``
    if (option.type === 'nested') return `| \`${option.name}\` in the file | | ${fallback} | ${option.description} |`
    return `| \`--${option.flag}\` | \`${option.variable}\` | ${fallback} | ${option.description} |`
  })
  return ['| flag | environment | default | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

function optionsOf(schema: TObject, prefix: string): OptionFacts[] {
  return Object.entries(schema.properties).map(([name, property]) => {
    const words = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase()
    const facts: TSchema & { type?: unknown; enum?: unknown; description?: unknown; default?: unknown } = property
    const choices = Array.isArray(facts.enum) ? facts.enum.map(String) : []
    return {
      name,
      flag: words,
      variable: `${prefix}_${words.replaceAll('-', '_').toUpperCase()}`,
      type: choices.length > 0 ? 'enum' : typeOf(facts.type),
      choices,
      description: typeof facts.description === 'string' ? facts.description : '',
      fallback: facts.default
    }
  })
}

function typeOf(type: unknown): OptionFacts['type'] {
  return type === 'string' || type === 'integer' || type === 'number' || type === 'boolean' ? type : 'nested'
}

interface Flags {
  readonly values: ReadonlyMap<OptionFacts, string>
  readonly config: string | undefined
  readonly help: boolean
}

function readFlags(argv: readonly string[], options: readonly OptionFacts[]): Flags {
  const values = new Map<OptionFacts, string>()
  let config: string | undefined
  let help = false
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? ''
    if (argument === '--help' || argument === '-h') {
      help = true
      continue
    }
    const [flag = '', ...rest] = argument.startsWith('--') ? argument.slice(2).split('=') : ['']
    const inline = rest.length > 0 ? rest.join('=') : undefined
    const option = options.find((one) => one.flag === flag && one.type !== 'nested')
    if (flag !== 'config' && option === undefined)
      throw unknownOption(
        'command line',
        argument,
        options.map((one) => `--${one.flag}`)
      )
    if (option?.type === 'boolean' && inline === undefined) {
      const next = argv[index + 1]
      if (next === 'true' || next === 'false') index += 1
      values.set(option, next === 'false' ? 'false' : 'true')
      continue
    }
    const text = inline ?? argv[(index += 1)]
    if (text === undefined)
      throw serviceError('CONFIG_BAD_VALUE', { source: 'command line', name: flag, value: '', expected: 'a value after the flag' })
    if (option === undefined) config = text
    else values.set(option, text)
  }
  return { values, config, help }
}

function readFile(path: string, options: readonly OptionFacts[]): Record<string, unknown> {
  let parsed: unknown
  try {
    parsed = parseYaml(readFileSync(path, 'utf8'))
  } catch (error) {
    throw serviceError('CONFIG_BAD_FILE', { path, detail: error instanceof Error ? error.message : String(error) }, error)
  }
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed))
    throw serviceError('CONFIG_BAD_FILE', { path, detail: 'it holds no object' })
  const names = options.map((option) => option.name)
  const entries = Object.entries(parsed)
  for (const [name] of entries) if (!names.includes(name)) throw unknownOption(`file ${path}`, name, names)
  return Object.fromEntries(entries)
}

function parseValue(option: OptionFacts, text: string, source: string): unknown {
  const bad = (expected: string) => serviceError('CONFIG_BAD_VALUE', { source, name: option.name, value: text, expected })
  switch (option.type) {
    case 'integer':
    case 'number': {
      const value = text.trim() === '' ? Number.NaN : Number(text)
      if (!Number.isFinite(value) || (option.type === 'integer' && !Number.isInteger(value)))
        throw bad(option.type === 'integer' ? 'a whole number' : 'a number')
      return value
    }
    case 'boolean':
      if (text === 'true' || text === '1') return true
      if (text === 'false' || text === '0') return false
      throw bad('true or false')
    case 'enum':
      if (!option.choices.includes(text)) throw bad(`one of ${option.choices.join(', ')}`)
      return text
    case 'string':
    case 'nested':
      return text
    default:
      return option.type satisfies never
  }
}

function check<Schema extends TObject>(
  schema: Schema,
  options: readonly OptionFacts[],
  values: Record<string, unknown>,
  origins: Readonly<Record<string, string>>,
  lenient: boolean
): Static<Schema> {
  const checked = compileValidator(schema).check(values)
  if (checked.ok) return checked.value
  const missing = options.find((option) => values[option.name] === undefined && isRequired(schema, option.name))
  if (missing !== undefined)
    throw serviceError('CONFIG_MISSING', {
      name: lenient ? missing.name : `${missing.name} (--${missing.flag})`,
      expected: missing.description
    })
  const name = checked.reason.pointer.split('/')[1] ?? ''
  throw serviceError('CONFIG_BAD_VALUE', {
    source: origins[name] ?? 'configuration',
    name: checked.reason.pointer.slice(1).replaceAll('/', '.'),
    value: JSON.stringify(values[name]),
    expected: checked.reason.message
  })
}

function isRequired(schema: TObject, name: string): boolean {
  return Array.isArray(schema.required) && schema.required.includes(name)
}

function defaultsOf(options: readonly OptionFacts[]): Record<string, unknown> {
  return Object.fromEntries(options.filter((option) => option.fallback !== undefined).map((option) => [option.name, option.fallback]))
}

function unknownOption(source: string, name: string, known: readonly string[]) {
  const nearest = nearestOf(name, known)
  return serviceError('CONFIG_UNKNOWN_OPTION', { source, name, hint: nearest === undefined ? '' : `; did you mean "${nearest}"?` })
}

function valueHint(option: OptionFacts): string {
  if (option.type === 'boolean') return ''
  return option.type === 'enum'
    ? ` ${option.choices.join('|')}`
    : ` <${option.type === 'integer' || option.type === 'number' ? 'n' : 'text'}>`
}
