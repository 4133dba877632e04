/**
 * Proposes a configuration for an OPC UA server: browses it within limits, recognises the monitoring point model, DI devices, AutoID readers and measured variables, and
 * writes a configuration with comments. It changes nothing at the server, and what it writes is to be read by a person before it is used.
 */
import { AttributeIds, type ClientSession, type DataValue, makeBrowsePath, type NodeId, StatusCodes } from 'node-opcua-client'
import { silentLogger, type Logger } from '@tracegate/service/log'
import { type BrowseLimits, browseServer, diNamespace, type FoundNode, isDevice, pointNamespace } from './browse-server.ts'
import { stableAddress } from './node-address.ts'
import { type OpcuaSource, requireSecurity } from './opcua-config.ts'
import { openSession } from './opcua-session.ts'
import { type Proposal, type ProposedDevice, type ProposedVariable, writeProposal } from './propose-yaml.ts'
import { ucumOf } from './ucum-of-unece.ts'
import { within } from './waits.ts'

export interface ProposeOptions {
  /** Folder with the agent's certificates, as in its configuration. */
  readonly dataDir: string
  /** How the server is reached, where that is not anonymous and without security. */
  readonly security?: Partial<
    Pick<
      OpcuaSource,
      | 'allowInsecure'
      | 'password'
      | 'securityMode'
      | 'securityPolicy'
      | 'trustUnknownCertificate'
      | 'userCertificateFile'
      | 'userKeyFile'
      | 'username'
    >
  >
  readonly limits?: Partial<BrowseLimits>
  readonly timeoutMs?: number
  readonly logger?: Logger
  readonly signal?: AbortSignal
}

const proposeDefaults = { nodesMax: 20_000, depthMax: 16, timeoutMs: 120_000 } as const
const pathsPerRequestMax = 100

/** YAML text with `sources` and `devices`. Rejects with what is wrong when the server cannot be reached. */
export async function proposeOpcua(endpoint: string, options: ProposeOptions): Promise<string> {
  const config: OpcuaSource = { type: 'opcua', endpoint, device: 'plc', variables: [], ...options.security }
  requireSecurity(config)
  const signal = options.signal ?? new AbortController().signal
  const opened = await openSession({
    config,
    dataDir: options.dataDir,
    clientId: 'tracegate-browse',
    logger: options.logger ?? silentLogger,
    signal
  })
  try {
    const timeoutMs = options.timeoutMs ?? proposeDefaults.timeoutMs
    return writeProposal(await within(look(opened.session, opened.namespaces, config, options), timeoutMs, signal), config)
  } finally {
    await opened.close()
  }
}

async function look(
  session: ClientSession,
  namespaces: readonly string[],
  config: OpcuaSource,
  options: ProposeOptions
): Promise<Proposal> {
  const { nodesMax = proposeDefaults.nodesMax, depthMax = proposeDefaults.depthMax } = options.limits ?? {}
  const { found, nodes, cut } = await browseServer(session, namespaces, { nodesMax, depthMax })
  const address = (node: { readonly nodeId: NodeId }) => stableAddress(node.nodeId, namespaces)
  const names = uniqueNames()
  const deviceIds = new Map<string, string>()
  const deviceOf = (owner: FoundNode['owner']) => {
    const key = owner.nodeId.toString()
    const known = deviceIds.get(key)
    if (known !== undefined) return known
    const id = owner.name === 'Objects' ? config.device : names(idOf(owner.name))
    deviceIds.set(key, id)
    return id
  }
  const measured = found.filter(({ kind }) => kind === 'analog' || kind === 'switch')
  const described = await describe(session, measured)
  const metricNames = new Map<string, (name: string) => string>()
  const variables = measured.map((node, index): ProposedVariable => {
    const device = deviceOf(node.owner)
    const unique = metricNames.get(device) ?? uniqueNames()
    metricNames.set(device, unique)
    const { unit, low, high, minimum, maximum } = described[index] ?? {}
    const ucum = node.kind === 'switch' ? '1' : unit === undefined ? undefined : ucumOf(unit)
    const limits = { low, high, minimum, maximum }
    return { node: address(node), device, metric: unique(metricOf(node.name)), unit: ucum, unitName: unit?.displayName, ...limits }
  })
  const owners = new Map(found.filter(({ kind }) => isDevice(kind)).map((node) => [node.nodeId.toString(), node]))
  const devices: ProposedDevice[] = []
  for (const node of owners.values())
    devices.push({
      id: deviceOf(node),
      kind: kindOf(node),
      name: node.name,
      identity: await identityOf(session, node, namespaces)
    })
  for (const { owner } of measured)
    if (!devices.some(({ id }) => id === deviceOf(owner)))
      devices.push({ id: deviceOf(owner), kind: 'probe', name: owner.name, identity: undefined })
  const ofKind = (...kinds: FoundNode['kind'][]) => found.filter(({ kind }) => kinds.includes(kind))
  return {
    nodes,
    cut,
    points: ofKind('point').map(({ name }) => name),
    variables,
    devices,
    readers: ofKind('reader', 'rfidReader').map((node) => ({ node: address(node), device: deviceOf(node), name: node.name })),
    gates: ofKind('gate').map((node) => ({ node: address(node), device: deviceOf(node) })),
    limitEvents: namespaces.includes(pointNamespace)
  }
}

function kindOf({ kind }: FoundNode): ProposedDevice['kind'] {
  if (kind === 'reader') return 'opticalReader'
  if (kind === 'rfidReader') return 'rfidReader'
  return kind === 'gate' ? 'plc' : 'probe'
}

interface Described {
  readonly unit?: { readonly namespaceUri: string; readonly unitId: number; readonly displayName: string }
  readonly low?: number | undefined
  readonly high?: number | undefined
  readonly minimum?: number | undefined
  readonly maximum?: number | undefined
}

async function describe(session: ClientSession, nodes: readonly FoundNode[]): Promise<Described[]> {
  const units = await readChildren(session, nodes, '/0:EngineeringUnits')
  const ranges = await readChildren(session, nodes, '/0:EURange')
  const spans = await readChildren(session, nodes, '/0:InstrumentRange')
  return nodes.map((_node, index) => {
    const unit = unitIn(units[index])
    const range = rangeIn(ranges[index])
    const span = rangeIn(spans[index])
    return { ...(unit === undefined ? {} : { unit }), low: range?.low, high: range?.high, minimum: span?.low, maximum: span?.high }
  })
}

/** The values of one property of each node; undefined where there is none. */
async function readChildren(session: ClientSession, nodes: readonly { readonly nodeId: NodeId }[], path: string): Promise<unknown[]> {
  const values: unknown[] = []
  for (let start = 0; start < nodes.length; start += pathsPerRequestMax) {
    const chunk = nodes.slice(start, start + pathsPerRequestMax)
    const results = await session.translateBrowsePath(chunk.map(({ nodeId }) => makeBrowsePath(nodeId, path)))
    const targets = results.map((result) => (result.statusCode.equals(StatusCodes.Good) ? result.targets?.[0]?.targetId : undefined))
    const known = targets.filter((target) => target !== undefined)
    const read: DataValue[] =
      known.length === 0
        ? []
        : await session.read(
            known.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })),
            0
          )
    const rest = read[Symbol.iterator]()
    for (const target of targets) values.push(target === undefined ? undefined : rest.next().value?.value?.value)
  }
  return values
}

function unitIn(value: unknown): Described['unit'] {
  if (typeof value !== 'object' || value === null || !('unitId' in value) || typeof value.unitId !== 'number') return undefined
  const namespaceUri = 'namespaceUri' in value && typeof value.namespaceUri === 'string' ? value.namespaceUri : ''
  return { namespaceUri, unitId: value.unitId, displayName: 'displayName' in value ? textIn(value.displayName) : '' }
}

function rangeIn(value: unknown): { readonly low: number; readonly high: number } | undefined {
  if (typeof value !== 'object' || value === null || !('low' in value) || !('high' in value)) return undefined
  const { low, high } = value
  if (typeof low !== 'number' || typeof high !== 'number' || !Number.isFinite(low) || !Number.isFinite(high) || low >= high)
    return undefined
  return { low, high }
}

function textIn(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string' ? value.text : ''
}

/** The nameplate of DI, as far as the device has one. */
async function identityOf(session: ClientSession, node: FoundNode, namespaces: readonly string[]): Promise<ProposedDevice['identity']> {
  const di = namespaces.indexOf(diNamespace)
  if (di === -1) return undefined
  const read = async (name: string) => textIn((await readChildren(session, [node], `/${di}:${name}`))[0])
  const identity = {
    manufacturer: await read('Manufacturer'),
    model: await read('Model'),
    serialNumber: await read('SerialNumber'),
    firmware: await read('SoftwareRevision')
  }
  return Object.values(identity).every((text) => text === '') ? undefined : identity
}

const idLengthMax = 64

function idOf(name: string): string {
  return (
    name
      .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, idLengthMax) || 'device'
  )
}

function metricOf(name: string): string {
  const words =
    name
      .replaceAll(/[^A-Za-z0-9_.-]+/g, '-')
      .replaceAll(/^[-.]+|[-.]+$/g, '')
      .slice(0, idLengthMax) || 'value'
  return words.charAt(0).toLowerCase() + words.slice(1)
}

/** The second of a name gets a number. */
function uniqueNames(): (name: string) => string {
  const taken = new Set<string>()
  return (name) => {
    let unique = name
    for (let number = 2; taken.has(unique); number += 1) unique = `${name.slice(0, idLengthMax - 6)}-${number}`
    taken.add(unique)
    return unique
  }
}
