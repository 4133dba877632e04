/**
 * Makes the configuration of an agent from its file, environment and flags, and a signed configuration from afar on top of them; finds
 * every fault at once, each with its place, what was found and what is wanted. It connects to nothing and starts nothing.
 */
import { createPublicKey } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { compileValidator } from '@tracegate/model/codec'
import { CodedError, type Reason } from '@tracegate/model/errors'
import { readOverrides } from '@tracegate/service/config'
import { nearestOf } from '@tracegate/service/nearest'
import { readYaml, type YamlText } from '@tracegate/service/yaml'
import { EdgeConfig } from '../config.ts'
import { loadSourceKinds } from '../source/source-kinds.ts'
import type { SourceKind } from '../source/source.ts'
import { remoteBrokerMembers, remoteMembers } from './members.ts'
import { isSecretName, maskText, readSecretFile, resolveReferences } from './references.ts'
import { isRecord, memberOf, nearestMember, recordOf } from './schema-members.ts'

export interface Problem {
  /** JSON pointer (RFC 6901) into the configuration. */
  readonly path: string
  readonly line?: number
  /** What was found and what was wanted, for people. Never a secret. */
  readonly message: string
  /** The known name that somebody most likely meant. */
  readonly nearest?: string
}

export type LoadedConfig =
  | {
      readonly ok: true
      readonly config: EdgeConfig
      /** Every secret in it, for masking. */
      readonly secrets: readonly string[]
    }
  | { readonly ok: false; readonly problems: readonly Problem[] }

export interface LoadOptions {
  readonly path?: string | undefined
  /** Flags after the command. */
  readonly argv?: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** The text of a signed configuration, whose members take the place of those of the file. */
  readonly remote?: string | undefined
}

export const edgePrefix = 'TRACEGATE_EDGE'
const fileBytesMax = 4_194_304
const problemsMax = 100
const validator = compileValidator(EdgeConfig)

/** Throws a coded error for flags and environment variables that are not right. */
export async function loadEdgeConfig(options: LoadOptions): Promise<LoadedConfig> {
  const overrides = readOverrides(EdgeConfig, { argv: options.argv ?? [], env: options.env, prefix: edgePrefix })
  const path = options.path ?? overrides.path
  const file = path === undefined ? emptyFile : readFile(path)
  if (!file.ok) return { ok: false, problems: [file.problem] }
  const folder = path === undefined ? '.' : dirname(resolve(path))
  const local = resolveReferences(file.yaml.value, { env: options.env, folder, from: 'local' })
  const problems: Problem[] = local.problems.map(({ pointer, found, wanted }) => ({
    path: pointer,
    message: `${pointer} is "${found}", expected ${wanted}`
  }))
  const values: Record<string, unknown> = { sources: [], devices: [], ...recordOf(local.value), ...overrides.values }
  const secrets = [
    ...local.secrets,
    ...Object.entries(overrides.values).flatMap(([name, value]) => (isSecretName(name) ? [String(value)] : []))
  ]
  takeSecretFile(values, { folder, problems, secrets })
  if (options.remote !== undefined) secrets.push(...takeRemote(values, { text: options.remote, options, folder, problems }))
  takeCaFile(values, { folder, problems })
  problems.push(...(await problemsOf(values)))
  const found = problems.slice(0, problemsMax).map((problem) => {
    const line = file.yaml.lineOf(problem.path)
    return { ...problem, ...(line === undefined ? {} : { line }), message: maskText(problem.message, secrets) }
  })
  const checked = validator.check(values)
  if (found.length > 0 || !checked.ok) return { ok: false, problems: found }
  return { ok: true, config: checked.value, secrets }
}

type ReadFile = { readonly ok: true; readonly yaml: YamlText } | { readonly ok: false; readonly problem: Problem }

const emptyFile: ReadFile = { ok: true, yaml: { value: {}, lineOf: () => undefined } }

function readFile(path: string): ReadFile {
  const refuse = (message: string, line?: number): ReadFile => ({
    ok: false,
    problem: { path: '', message, ...(line === undefined ? {} : { line }) }
  })
  let text: string
  try {
    const { size } = statSync(path)
    if (size > fileBytesMax) return refuse(`file "${path}" has ${size} bytes, expected at most ${fileBytesMax}`)
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return refuse(`file "${path}" cannot be read (${error instanceof Error ? error.message : String(error)}), expected a readable one`)
  }
  const read = readYaml(text)
  if (!read.ok) return refuse(`file "${path}" is no YAML: ${read.message}`, read.line)
  if (!isRecord(read.yaml.value)) return refuse(`file "${path}" holds no object, expected the members of the configuration`)
  return { ok: true, yaml: read.yaml }
}

interface Scene {
  readonly folder: string
  readonly problems: Problem[]
}

/** A secret of environment or file goes before the one of `secretFile`. */
function takeSecretFile(values: Record<string, unknown>, scene: Scene & { readonly secrets: string[] }): void {
  const { secretFile } = values
  if (values['secret'] === undefined && typeof secretFile === 'string') {
    const read = readSecretFile(resolve(scene.folder, secretFile))
    if (read.ok) {
      values['secret'] = read.text
      scene.secrets.push(read.text)
      return
    }
    scene.problems.push({ path: '/secretFile', message: `/secretFile is "${secretFile}", expected ${read.wanted}` })
  } else if (values['secret'] === undefined) {
    const message = `the value has no member "secret", expected it, secretFile, or the environment variable ${edgePrefix}_SECRET`
    scene.problems.push({ path: '', message })
  }
}

/** Relative to the folder of the file, like every path of it that is only read. */
function takeCaFile(values: Record<string, unknown>, scene: Scene): void {
  const { brokerCaFile } = values
  if (typeof brokerCaFile !== 'string') return
  const path = resolve(scene.folder, brokerCaFile)
  const read = readSecretFile(path)
  if (read.ok && read.text.includes('-----BEGIN CERTIFICATE-----')) values['brokerCaFile'] = path
  else
    scene.problems.push({
      path: '/brokerCaFile',
      message: `/brokerCaFile is "${brokerCaFile}", expected a readable PEM file of certificates`
    })
}

/** Puts the members of a signed configuration in the place of the local ones. Returns its secrets. */
function takeRemote(
  values: Record<string, unknown>,
  scene: Scene & { readonly text: string; readonly options: LoadOptions }
): readonly string[] {
  const refuse = (path: string, message: string) => void scene.problems.push({ path, message: `signed configuration: ${message}` })
  const read = readYaml(scene.text)
  if (!read.ok) refuse('', `it is no YAML: ${read.message}`)
  else if (!isRecord(read.yaml.value)) refuse('', 'it holds no object, expected members of the configuration')
  if (!read.ok || !isRecord(read.yaml.value)) return []
  const resolved = resolveReferences(read.yaml.value, { env: scene.options.env, folder: scene.folder, from: 'remote' })
  for (const { pointer, found, wanted } of resolved.problems) refuse(pointer, `${pointer} is "${found}", expected ${wanted}`)
  const allowBroker = memberOf(values['remoteConfiguration'], 'allowBroker') === true
  const allowed: readonly string[] = allowBroker ? [...remoteMembers, ...remoteBrokerMembers] : remoteMembers
  for (const [name, value] of Object.entries(recordOf(resolved.value))) {
    if (allowed.includes(name)) values[name] = value
    else refuse(`/${name}`, `/${name} may not be changed from afar, expected members of ${allowed.join(', ')}`)
  }
  return resolved.secrets
}

/** Every fault of the values: of the agent, of each source by the schema of its protocol, and of members that do not go together. */
async function problemsOf(values: Record<string, unknown>): Promise<Problem[]> {
  const kinds = await loadSourceKinds()
  const own = validator.reasons(values, problemsMax).map((reason) => problemOf(reason, EdgeConfig, values))
  const sources: unknown = values['sources']
  const ofSources = Array.isArray(sources) ? sources.flatMap((source: unknown, index) => problemsOfSource(kinds, source, index)) : []
  return [...own, ...ofSources, ...crossProblems(values)]
}

function problemOf(reason: Reason, schema: unknown, value: unknown, prefix = ''): Problem {
  const nearest = reason.code === 'SCHEMA_UNKNOWN_MEMBER' ? nearestMember(schema, value, reason.pointer) : undefined
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`
  const message =
    prefix === '' ? reason.message : reason.message.replace(/^(the value|(?=\/))/, (whole) => (whole === '' ? prefix : prefix))
  return { path: prefix + reason.pointer, message: message + hint, ...(nearest === undefined ? {} : { nearest }) }
}

function problemsOfSource(kinds: ReadonlyMap<string, SourceKind>, source: unknown, index: number): Problem[] {
  const prefix = `/sources/${index}`
  const type = memberOf(source, 'type')
  // The schema of the agent has found a source without type.
  if (typeof type !== 'string') return []
  const kind = kinds.get(type)
  if (kind === undefined) {
    const nearest = nearestOf(type, [...kinds.keys()])
    const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`
    const message = `${prefix}/type is "${type}", expected one of ${[...kinds.keys()].join(', ')}${hint}`
    return [{ path: `${prefix}/type`, message, ...(nearest === undefined ? {} : { nearest }) }]
  }
  const reasons = compileValidator(kind.schema).reasons(source, problemsMax)
  if (reasons.length > 0) return reasons.map((reason) => problemOf(reason, kind.schema, source, prefix))
  try {
    const configured = kind.configure(source)
    return configured.ok ? [] : [problemOf(configured.reason, kind.schema, source, prefix)]
  } catch (error) {
    if (error instanceof CodedError) return [{ path: prefix, message: `${prefix}: ${error.message}` }]
    throw error
  }
}

function crossProblems(values: Record<string, unknown>): Problem[] {
  const found: Problem[] = []
  const seen = new Set<unknown>()
  for (const [index, device] of listOf(values['devices']).entries()) {
    const id = memberOf(device, 'id')
    if (seen.has(id))
      found.push({ path: `/devices/${index}/id`, message: `/devices/${index}/id is "${String(id)}" again, expected each id once` })
    seen.add(id)
  }
  const devicesMax = values['devicesMax']
  if (typeof devicesMax === 'number' && seen.size > devicesMax)
    found.push({ path: '/devices', message: `/devices has ${seen.size} devices, expected at most devicesMax, ${devicesMax}` })
  for (const [index, check] of listOf(values['checks']).entries())
    for (const name of ['failSpan', 'suspectSpan']) {
      const span = listOf(memberOf(check, name))
      const path = `/checks/${index}/${name}`
      if (span.length === 2 && Number(span[0]) > Number(span[1]))
        found.push({ path, message: `${path} is [${span.join(', ')}], expected [low, high]` })
    }
  for (const [index, key] of listOf(values['trustedKeys']).entries()) {
    const x = memberOf(key, 'publicKey')
    const path = `/trustedKeys/${index}/publicKey`
    if (typeof x === 'string' && !isPublicKey(x))
      found.push({ path, message: `${path} is "${x}", expected an Ed25519 public key in base64url` })
  }
  return found
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isPublicKey(x: string): boolean {
  try {
    createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    return true
  } catch {
    return false
  }
}
