/** Whether there is a broker, which versions it speaks, and what it calls itself. */
import { CodedError } from '@tracegate/model/errors'
import type { ProbeClient, ProbeConnect, ProtocolVersion } from '../probe-client.ts'
import { hex, notTried, type Outcome, type Probe, refused, unknown, works } from '../probe.ts'

const versionNames = { 3: 'mqtt-3.1', 4: 'mqtt-3.1.1', 5: 'mqtt-5' } as const

type Versions = Record<(typeof versionNames)[ProtocolVersion], Outcome>

export interface Greeting {
  readonly reachable: Outcome
  readonly versions: Readonly<Versions>
  /** Versions that were accepted, 3.1.1 first. */
  readonly spoken: readonly ProtocolVersion[]
  readonly roundTripMs: number
}

type OpenBare = (connect: Pick<ProbeConnect, 'version' | 'clientId'>) => Promise<ProbeClient>

/** A refusal of credentials (MQTT 3.1.1 §3.2.2.3, MQTT 5 §3.2.2.2) is one in any version. */
const credentialCodes = [4, 5, 0x86, 0x87, 0x8c]

export interface GreetOptions {
  readonly open: OpenBare
  readonly clientId: string
  /** In this order; the first that is accepted is used. */
  readonly versions: readonly ProtocolVersion[]
}

export async function greet({ open, clientId, versions: asked }: GreetOptions): Promise<Greeting> {
  const versions: Versions = {
    'mqtt-3.1': notTried('not asked for'),
    'mqtt-3.1.1': notTried('not asked for'),
    'mqtt-5': notTried('not asked for')
  }
  const spoken: ProtocolVersion[] = []
  let reachable: Outcome | undefined
  let roundTripMs = 0
  let answered = false
  for (const version of asked) {
    const startedMs = performance.now()
    try {
      await using client = await open({ version, clientId: `${clientId}-v${version}` })
      const { code } = client.connack
      answered = true
      versions[versionNames[version]] = code === 0 ? works('accepted') : refused(`CONNACK ${hex(code)}`, { code })
      if (code === 0) {
        spoken.push(version)
        if (roundTripMs === 0) roundTripMs = performance.now() - startedMs
      } else if (credentialCodes.includes(code)) reachable ??= refused(`CONNACK ${hex(code)}: ${meaningOf(code)}`, { connack: code })
    } catch (error) {
      versions[versionNames[version]] = refused(textOf(error))
      // Where there is no line, no other version gets one.
      if (!(error instanceof CodedError && error.code === 'BROKER_NO_CONNACK')) break
    }
  }
  const finding = asked[0] === undefined ? '' : versions[versionNames[asked[0]]].finding
  if (!answered) for (const name of Object.values(versionNames)) versions[name] = notTried('there is no connection')
  if (spoken.length > 0) reachable = works(`CONNACK 0 after ${roundTripMs.toFixed(1)} ms`, { connack: 0, tookMs: roundTripMs })
  return { reachable: reachable ?? unknown(finding), versions, spoken, roundTripMs }
}

/** Several addresses of a host fail with one error that has no words of its own. */
function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message
  return error instanceof Error ? error.message : String(error)
}

function meaningOf(code: number): string {
  return code === 4 || code === 0x86 ? 'user name or password is wrong' : 'this user may not connect'
}

/** `$SYS` is no standard: exactly the topics that known brokers use, and no wildcard, as that would be outside of our prefix. */
const versionTopics = ['$SYS/broker/version', '$SYS/brokers'] as const

export function createNameProbe(onName: (name: string) => void): Probe {
  return async (context) => {
    await using client = await context.open({ name: 'name' })
    const grants = await Promise.all(versionTopics.map((topic) => client.subscribe(topic, 0)))
    if (client.closed) return { name: refused('the connection is closed at a subscription of $SYS') }
    if (grants.every((grant) => (grant ?? 0x80) >= 0x80)) return { name: refused('subscription of $SYS is not granted') }
    await client.until(() => client.received.length > 0, Math.max(context.quietMs, 500))
    const node = client.received
      .find(({ topic }) => topic === '$SYS/brokers')
      ?.payload.toString()
      .split(',')[0]
    if (node !== undefined && /^[\w@.-]{1,128}$/.test(node)) {
      await client.subscribe(`$SYS/brokers/${node}/version`, 0)
      await client.until(() => client.received.some(({ topic }) => topic.endsWith('/version')))
    }
    const said = client.received.find(({ topic }) => topic.endsWith('/version'))
    if (said === undefined) return { name: unknown('$SYS tells no name') }
    const text = said.payload
      .toString()
      .replaceAll(/[^\x20-\x7e]/g, '')
      .slice(0, 100)
    const name = said.topic === '$SYS/broker/version' ? text : `EMQX ${text}`
    onName(name)
    return { name: works(name, { name }) }
  }
}
