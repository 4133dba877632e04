/** A proposed configuration as YAML text with comments for the person who reads it. Pure. */
import type { OpcuaSource } from './opcua-config.ts'
import { pointNamespace } from './browse-server.ts'

export interface ProposedVariable {
  readonly node: string
  readonly device: string
  readonly metric: string
  /** Undefined when the server does not say it in a code that is known. */
  readonly unit: string | undefined
  readonly unitName: string | undefined
  readonly low: number | undefined
  readonly high: number | undefined
  readonly minimum: number | undefined
  readonly maximum: number | undefined
}

export interface ProposedDevice {
  readonly id: string
  readonly kind: 'probe' | 'opticalReader' | 'rfidReader' | 'plc'
  readonly name: string
  readonly identity:
    | { readonly manufacturer: string; readonly model: string; readonly serialNumber: string; readonly firmware: string }
    | undefined
}

export interface Proposal {
  readonly nodes: number
  readonly cut: boolean
  readonly points: readonly string[]
  readonly variables: readonly ProposedVariable[]
  readonly devices: readonly ProposedDevice[]
  readonly readers: readonly { readonly node: string; readonly device: string; readonly name: string }[]
  readonly gates: readonly { readonly node: string; readonly device: string }[]
  readonly limitEvents: boolean
}

export function writeProposal(proposal: Proposal, config: OpcuaSource): string {
  const { nodes, cut, points, variables, readers } = proposal
  const found = `${variables.length} variables, ${readers.length} AutoID readers, ${proposal.gates.length} gates in ${nodes} nodes`
  const lines = [
    `# Proposed from ${config.endpoint}: ${found}.`,
    ...(cut ? ['# A limit was reached while browsing: there may be more.'] : []),
    ...points.map((point) => `# The server models the monitoring point ${quote(point)}.`),
    '# Read it, take out what you do not need, and correct what is marked CHECK.',
    'sources:',
    ...sourceLines(proposal, config)
  ]
  // One reader a source: the first shares that of the variables.
  for (const reader of readers.slice(1)) lines.push(...headLines(config, reader.device), '    variables: []', ...readerLines(reader))
  if (proposal.devices.length > 0) lines.push('devices:', ...proposal.devices.flatMap((device) => deviceLines(device, variables)))
  return `${lines.join('\n')}\n`
}

function sourceLines({ variables, readers, gates, devices, limitEvents }: Proposal, config: OpcuaSource): string[] {
  const main = variables[0]?.device ?? readers[0]?.device ?? devices[0]?.id ?? config.device
  const [reader] = readers
  const lines = headLines(config, main)
  lines.push(variables.length === 0 ? '    variables: []' : '    variables:')
  for (const variable of variables) lines.push(...variableLines(variable, main))
  if (gates.length > 0) lines.push('    gates:', ...gates.map(({ device, node }) => `      - { device: ${device}, node: ${quote(node)} }`))
  if (reader !== undefined) lines.push(...readerLines(reader))
  if (limitEvents)
    lines.push(
      '    # The server tells when a value leaves its limits; take it as readings with:',
      '    # events:',
      `    #   - eventType: ${quote(`nsu=${pointNamespace};i=1004`)}`,
      `    #     readings: [{ field: ${quote(`nsu=${pointNamespace};Value`)}, metric: outOfLimits, unit: "1" }]`
    )
  return lines
}

function headLines(config: OpcuaSource, device: string): string[] {
  const { securityMode, securityPolicy, allowInsecure, username, userCertificateFile, userKeyFile } = config
  const optional = Object.entries({ securityMode, securityPolicy, allowInsecure, username, userCertificateFile, userKeyFile })
  return [
    '  - type: opcua',
    `    endpoint: ${quote(config.endpoint)}`,
    ...optional.flatMap(([name, value]) =>
      value === undefined ? [] : [`    ${name}: ${typeof value === 'string' ? quote(value) : value}`]
    ),
    ...(username === undefined ? [] : ['    # password: set it here, readable by the agent only']),
    `    device: ${device}`
  ]
}

function variableLines(variable: ProposedVariable, main: string): string[] {
  const { node, device, metric, unit, unitName, low, high } = variable
  const range = low === undefined || high === undefined ? '' : ` # range of the server: ${low} to ${high}`
  return [
    `      - node: ${quote(node)}`,
    ...(device === main ? [] : [`        device: ${device}`]),
    `        metric: ${quote(metric)}${range}`,
    unit === undefined
      ? `        unit: "1" # CHECK: the server says ${unitName === undefined || unitName === '' ? 'no unit' : quote(unitName)}`
      : `        unit: ${quote(unit)}`,
    ...(low === undefined || high === undefined ? [] : ['        # deadBand: 0.5', '        # deadBandType: percent'])
  ]
}

function readerLines(reader: Proposal['readers'][number]): string[] {
  return [
    '    autoId:',
    `      device: ${reader.device}`,
    `      reader: ${quote(reader.node)}`,
    `      # source: ${quote(reader.name)} # only events of this reader, when the server has several`,
    '      # scanControl: true # call ScanStart and ScanStop',
    '      rule:',
    '        readPoint: "https://id.gs1.org/414/9506000134338" # CHECK: the place of the reader',
    '        bizStep: arriving # CHECK',
    '        disposition: in_progress',
    '        action: OBSERVE',
    '        mode: observe'
  ]
}

function deviceLines(device: ProposedDevice, variables: readonly ProposedVariable[]): string[] {
  const own = variables.filter((variable) => variable.device === device.id)
  const { identity } = device
  const plate = identity === undefined ? [] : Object.entries(identity)
  return [
    `  - id: ${device.id}`,
    `    kind: ${device.kind}`,
    `    name: { zh: ${quote(device.name)}, en: ${quote(device.name)} }`,
    ...(plate.length === 0
      ? []
      : [`    identity: { ${plate.map(([name, value]) => `${name}: ${quote(value === '' ? 'unknown' : value)}`).join(', ')} }`]),
    own.length === 0 ? '    metrics: []' : '    metrics:',
    ...own.map(({ metric, unit, minimum, maximum }) => {
      const span = minimum === undefined || maximum === undefined ? '' : `, min: ${minimum}, max: ${maximum}`
      return `      - { metric: ${quote(metric)}, unit: ${quote(unit ?? '1')}${span} }`
    })
  ]
}

/** A JSON string is a YAML string; control characters and line ends of a server cannot break out of it. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  )
}
