/** Walks the objects of a server within limits, and says what each is: device, reader, gate, measured variable. It reads types, no values. */
import { BrowseDirection, browseAll, type ClientSession, type NodeId, resolveNodeId } from 'node-opcua-client'
import { autoIdNamespace } from './autoid-types.ts'

export const diNamespace = 'http://opcfoundation.org/UA/DI/'
export const pointNamespace = 'https://tracegate.dev/UA/MonitoringPoint/'

/** What a type of the standard, DI, AutoID or our own model stands for; the first that fits. */
const kindsByType = [
  ['point', `nsu=${pointNamespace};i=1001`],
  ['gate', `nsu=${pointNamespace};i=1003`],
  ['rfidReader', `nsu=${autoIdNamespace};i=1003`],
  ['reader', `nsu=${autoIdNamespace};i=1001`],
  ['device', `nsu=${pointNamespace};i=1002`],
  ['device', `nsu=${diNamespace};i=1002`],
  ['device', `nsu=${diNamespace};i=15063`],
  ['analog', 'i=15318'],
  ['switch', 'i=2373']
] as const
type FoundKind = (typeof kindsByType)[number][0]

export interface FoundNode {
  readonly kind: FoundKind
  readonly nodeId: NodeId
  readonly name: string
  /** The nearest object above it that is a device or a point, or else its parent. */
  readonly owner: FoundNode | FoundParent
}
interface FoundParent {
  readonly kind: 'folder'
  readonly nodeId: NodeId
  readonly name: string
}

export interface BrowseLimits {
  readonly nodesMax: number
  readonly depthMax: number
}

export interface Browsed {
  readonly found: readonly FoundNode[]
  readonly nodes: number
  /** A limit was reached: there may be more. */
  readonly cut: boolean
}

const objectsFolder = 'i=85'
const serverObject = 'i=2253'
const hierarchical = 'i=33'
const hasSubtype = 'i=45'
const objectsAndVariables = 3
const allResults = 63
const nodesPerRequestMax = 50

interface Visit {
  readonly nodeId: NodeId
  readonly owner: FoundNode | FoundParent
}

export async function browseServer(session: ClientSession, namespaces: readonly string[], limits: BrowseLimits): Promise<Browsed> {
  const kindOf = typeKinds(session, namespaces)
  const root: FoundParent = { kind: 'folder', nodeId: resolveNodeId(objectsFolder), name: 'Objects' }
  const seen = new Set([root.nodeId.toString(), resolveNodeId(serverObject).toString()])
  const found: FoundNode[] = []
  let level: Visit[] = [{ nodeId: root.nodeId, owner: root }]
  let cut = false
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === limits.depthMax) return { found, nodes: seen.size, cut: true }
    const next: Visit[] = []
    for (let start = 0; start < level.length; start += nodesPerRequestMax) {
      const chunk = level.slice(start, start + nodesPerRequestMax)
      const results = await browseAll(
        session,
        chunk.map(({ nodeId }) => ({ ...forward, nodeId }))
      )
      for (const [index, { owner }] of chunk.entries())
        for (const reference of results[index]?.references ?? []) {
          const key = reference.nodeId.toString()
          if (seen.has(key)) continue
          if (seen.size >= limits.nodesMax) {
            cut = true
            continue
          }
          seen.add(key)
          const visit = { nodeId: reference.nodeId, name: reference.browseName.name ?? '', owner }
          const kind = await kindOf(reference.typeDefinition)
          const node = kind === undefined ? undefined : { ...visit, kind }
          if (node !== undefined) found.push(node)
          if (isObject(reference.nodeClass)) next.push({ nodeId: visit.nodeId, owner: ownerBelow(node, visit) })
        }
    }
    level = next
  }
  return { found, nodes: seen.size, cut }
}

const forward = {
  browseDirection: BrowseDirection.Forward,
  referenceTypeId: hierarchical,
  includeSubtypes: true,
  nodeClassMask: objectsAndVariables,
  resultMask: allResults
}

/** Variables are looked at, not into: what is below one describes it. */
function isObject(nodeClass: number): boolean {
  return nodeClass === 1
}

/** A folder within a device is the device's. */
function ownerBelow(node: FoundNode | undefined, visit: Visit & { readonly name: string }): FoundNode | FoundParent {
  if (node !== undefined && node.kind !== 'analog' && node.kind !== 'switch') return node
  if (isDevice(visit.owner.kind)) return visit.owner
  return { kind: 'folder', nodeId: visit.nodeId, name: visit.name }
}

/** What readings, scans and orders are for. */
export function isDevice(kind: FoundNode['owner']['kind']): boolean {
  return kind === 'device' || kind === 'reader' || kind === 'rfidReader' || kind === 'gate'
}

/** Deepest chain of supertypes that is followed. */
const supertypesMax = 32

function typeKinds(session: ClientSession, namespaces: readonly string[]): (type: NodeId) => Promise<FoundKind | undefined> {
  const kinds = new Map<string, FoundKind>()
  for (const [kind, address] of kindsByType) {
    const uri = /^nsu=([^;]*);/.exec(address)?.[1]
    const index = uri === undefined ? 0 : namespaces.indexOf(uri)
    if (index !== -1) kinds.set(resolveNodeId(address.replace(/^nsu=[^;]*;/, `ns=${index};`)).toString(), kind)
  }
  const known = new Map<string, FoundKind | undefined>()
  const kindOf = async (type: NodeId, depth: number): Promise<FoundKind | undefined> => {
    const key = type.toString()
    if (kinds.has(key)) return kinds.get(key)
    if (known.has(key)) return known.get(key)
    const up = {
      nodeId: type,
      browseDirection: BrowseDirection.Inverse,
      referenceTypeId: hasSubtype,
      includeSubtypes: false,
      resultMask: allResults
    }
    const result = depth === supertypesMax || type.isEmpty() ? undefined : await session.browse(up)
    const above = result?.references?.[0]?.nodeId
    const kind = above === undefined ? undefined : await kindOf(above, depth + 1)
    known.set(key, kind)
    return kind
  }
  return (type) => kindOf(type, 0)
}
