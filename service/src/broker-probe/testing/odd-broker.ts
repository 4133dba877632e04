/**
 * A small MQTT broker in memory for tests, right in everything it does until it is told to be wrong in something: what no real broker at
 * hand gets wrong can be seen with it. Bounded by the test that uses it; not for production use.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net'
import mqttPacket, { type IConnectPacket, type IPublishPacket, type ISubscribePacket, type Packet } from 'mqtt-packet'
import { copyOf, covers, membersFor, type Line, type Message, type Oddities, rightInAll, type Session } from './oddities.ts'

export interface OddBroker extends AsyncDisposable {
  readonly port: number
  readonly url: string
  readonly oddities: Oddities
  /** What is left of clients: sessions that are kept, and retained topics. */
  leftovers(): { readonly sessions: string[]; readonly retained: string[] }
  readonly subscriptions: string[]
  /** Client ids in the order of their connections. */
  readonly connected: string[]
  /** PUBACKs that subscribers sent, by their client id. */
  readonly pubacks: { readonly clientId: string; readonly messageId: number }[]
  cut(): void
  /** As kill -9 and a new start: what is not on its disk is gone. */
  restart(durable: boolean): Promise<void>
}

/** Port 0 takes a free one. */
export async function startOddBroker(given: Partial<Oddities> = {}, wantedPort: number = 0): Promise<OddBroker> {
  const oddities: Oddities = { ...rightInAll, ...given }
  const sessions = new Map<string, Session>()
  const retained = new Map<string, Message>()
  const subscriptions: string[] = []
  const connected: string[] = []
  const pubacks: { clientId: string; messageId: number }[] = []
  const sockets = new Set<Socket>()
  let turn = 0

  const write = (line: Line, packet: Packet) => {
    if (line.socket.writable) line.socket.write(mqttPacket.generate(packet, { protocolVersion: line.version }))
  }

  function pump(session: Session): void {
    const { line } = session
    if (line === undefined) return
    const window = line.receiveMaximum
    while (session.queue.length > 0 && (!oddities.receiveMaximum || session.inFlight.size < window)) {
      const message = session.queue.shift()
      if (message !== undefined) deliver(session, line, message)
    }
  }
  function deliver(session: Session, line: Line, message: Message): void {
    const { topic, payload, qos, retain, dup } = message
    session.nextId = (session.nextId % 65_535) + 1
    const messageId = session.nextId
    if (qos > 0) session.inFlight.set(messageId, message)
    write(line, { cmd: 'publish', topic, payload, qos, retain, dup, ...(qos === 0 ? {} : { messageId }) })
  }
  function offer(session: Session, message: Message): void {
    if (session.line === undefined && message.qos === 0) return
    if (session.line === undefined && oddities.sessions === 'half' && session.queue.length >= 10) return
    session.queue.push(message)
    // So late that a few of them can be turned round.
    if (oddities.delivery === 'reversed') setTimeout(() => pump(turnRound(session)), 5)
    else pump(session)
  }

  function turnRound(session: Session): Session {
    session.queue.splice(0, Infinity, ...session.queue.toReversed())
    return session
  }

  function route(message: Message): void {
    if (oddities.delivery === 'never') return
    const groups = new Map<string, Session[]>()
    for (const session of sessions.values()) {
      let best = -1
      for (const [filter, qos] of session.filters) {
        const [, group, ...rest] = filter.startsWith('$share/') ? filter.split('/') : []
        if (group === undefined) {
          if (covers(filter, message.topic)) best = Math.max(best, qos)
        } else if (covers(rest.join('/'), message.topic)) groups.set(group, [...(groups.get(group) ?? []), session])
      }
      if (best >= 0) offer(session, copyOf(message, best))
    }
    for (const members of groups.values())
      for (const member of membersFor(message, { members, share: oddities.share, turn: (turn += 1) })) offer(member, copyOf(message, 1))
  }
  function publish(line: Line, from: string, packet: IPublishPacket): void {
    const topic = topicOf(line, packet)
    const payload = Buffer.from(packet.payload)
    if (payload.length > oddities.payloadBytesMax) return void line.socket.destroy()
    if (topic === undefined) return
    const { qos, messageId = 0 } = packet
    const message: Message = { topic, payload, qos, from, retain: false, dup: false }
    if (packet.retain && oddities.retained !== 'dropped') {
      if (payload.length > 0) retained.set(topic, message)
      else if (oddities.retained !== 'never cleared') retained.delete(topic)
    }
    if (qos === 2) return publishOnce(line, message, messageId)
    if (qos === 1 && oddities.puback !== 'never') write(line, { cmd: 'puback', messageId, reasonCode: 0 })
    route(message)
  }
  function publishOnce(line: Line, message: Message, messageId: number): void {
    if (oddities.qos2 === 'closed') return void line.socket.destroy()
    if (oddities.qos2 === 'no pubrec') return
    const isRepeat = line.unreleased.has(messageId)
    line.unreleased.add(messageId)
    if (!isRepeat || oddities.qos2 === 'twice') route(message)
    write(line, { cmd: 'pubrec', messageId, reasonCode: 0 })
  }
  function topicOf(line: Line, packet: IPublishPacket): string | undefined {
    const alias = packet.properties?.topicAlias
    if (alias === undefined) return packet.topic
    if (packet.topic !== '') line.aliases.set(alias, packet.topic)
    else if (oddities.topicAlias === 'lost') return undefined
    return line.aliases.get(alias)
  }

  function subscribe(session: Session, line: Line, packet: ISubscribePacket): void {
    const granted = packet.subscriptions.map(({ topic, qos }) => {
      subscriptions.push(topic)
      if (oddities.suback !== undefined) return oddities.suback
      if (topic.startsWith('$share/') && oddities.share === 'refused') return line.version === 5 ? 0x9e : 0x80
      const most = oddities.qos2 === 'downgraded' ? 1 : 2
      session.filters.set(topic, Math.min(qos, most))
      return Math.min(qos, most)
    })
    write(line, { cmd: 'suback', messageId: packet.messageId ?? 0, granted })
    for (const { topic, qos } of packet.subscriptions) {
      if (topic === '$SYS/broker/version' && oddities.name !== undefined)
        offer(session, { topic, payload: Buffer.from(oddities.name), qos: 0, from: '', retain: true, dup: false })
      for (const [name, message] of retained)
        if (covers(topic, name)) offer(session, { ...copyOf(message, qos), retain: oddities.retained !== 'without flag' })
    }
  }

  function connect(socket: Socket, packet: IConnectPacket): { readonly session: Session; readonly line: Line } | undefined {
    const { clientId, clean = true } = packet
    const version = packet.protocolVersion ?? 4
    const will = packet.will
    const line: Line = {
      socket,
      version,
      clean: version === 5 ? (packet.properties?.sessionExpiryInterval ?? 0) === 0 : clean,
      receiveMaximum: packet.properties?.receiveMaximum ?? 65_535,
      aliases: new Map(),
      unreleased: new Set(),
      will:
        will === undefined
          ? undefined
          : { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, from: clientId, retain: false, dup: false },
      heardAtMs: Date.now()
    }
    const spoken = oddities.versions.includes(version)
    const code = spoken ? oddities.connack : version === 5 ? 0x84 : 1
    const before = sessions.get(clientId)
    if (oddities.takeover) before?.line?.socket.destroy()
    if (clean || oddities.sessions === 'forgotten') sessions.delete(clientId)
    const kept = sessions.get(clientId)
    const session = kept ?? { clientId, filters: new Map(), queue: [], inFlight: new Map(), line: undefined, nextId: 0 }
    if (code === 0) {
      connected.push(clientId)
      sessions.set(clientId, session)
      session.line = line
    }
    const answer =
      version === 5 ? { reasonCode: code, properties: { topicAliasMaximum: oddities.topicAlias === 'none' ? 0 : 5 } } : { returnCode: code }
    write(line, { cmd: 'connack', sessionPresent: code === 0 && kept !== undefined, ...answer })
    if (code !== 0) return void socket.end()
    if (oddities.sessions === 'lying') session.queue.length = 0
    takeUp(session)
    return { session, line }
  }
  function takeUp(session: Session): void {
    const again = [...session.inFlight.values()]
    session.inFlight.clear()
    if (oddities.redelivery !== 'never')
      session.queue.unshift(...again.map((message) => ({ ...message, dup: oddities.redelivery === 'right' })))
    pump(session)
  }

  function serve(socket: Socket): void {
    sockets.add(socket)
    let at: { readonly session: Session; readonly line: Line } | undefined
    let keepAlive: NodeJS.Timeout | undefined
    const parser = mqttPacket.parser()
    parser.on('error', () => socket.destroy())
    parser.on('packet', (packet: Packet) => {
      if (packet.cmd === 'connect') {
        at = connect(socket, packet)
        const seconds = packet.keepalive ?? 0
        if (seconds === 0 || !oddities.keepAlive) return
        keepAlive = setInterval(() => {
          if (Date.now() - (at?.line.heardAtMs ?? 0) > seconds * 1_500) socket.destroy()
        }, 200)
        return
      }
      if (at === undefined) {
        socket.destroy()
        return
      }
      at.line.heardAtMs = Date.now()
      take(at.session, at.line, packet)
    })
    socket.on('data', (chunk: Buffer) => void parser.parse(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearInterval(keepAlive)
      sockets.delete(socket)
      if (at === undefined) return
      const { session, line } = at
      if (line.will !== undefined && oddities.will !== 'never') route(line.will)
      if (session.line !== line) return
      session.line = undefined
      if (line.clean && sessions.get(session.clientId) === session) sessions.delete(session.clientId)
    })
  }
  function take(session: Session, line: Line, packet: Packet): void {
    const messageId = packet.messageId ?? 0
    switch (packet.cmd) {
      case 'publish':
        return publish(line, session.clientId, packet)
      case 'puback':
        pubacks.push({ clientId: session.clientId, messageId })
        session.inFlight.delete(messageId)
        return pump(session)
      case 'pubrec':
        return write(line, { cmd: 'pubrel', messageId, reasonCode: 0 })
      case 'pubcomp':
        session.inFlight.delete(messageId)
        return pump(session)
      case 'pubrel':
        line.unreleased.delete(messageId)
        return write(line, { cmd: 'pubcomp', messageId, reasonCode: 0 })
      case 'subscribe':
        return subscribe(session, line, packet)
      case 'unsubscribe':
        for (const filter of packet.unsubscriptions) session.filters.delete(filter)
        return write(line, { cmd: 'unsuback', messageId, granted: packet.unsubscriptions.map(() => 0) })
      case 'pingreq':
        return write(line, { cmd: 'pingresp' })
      case 'disconnect':
        if (oddities.will !== 'always') line.will = undefined
        return void line.socket.end()
      case 'auth':
      case 'connack':
      case 'connect':
      case 'pingresp':
      case 'suback':
      case 'unsuback':
        return undefined
      default:
        return packet satisfies never
    }
  }

  const server = createServer({ noDelay: true }, serve)
  const listen = async (port: number): Promise<number> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    server.listen(port, '127.0.0.1', resolve)
    await promise
    return portOf(server.address())
  }
  const close = async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    server.close(() => resolve())
    for (const socket of sockets) socket.destroy()
    await promise
  }
  const port = await listen(wantedPort)
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    oddities,
    subscriptions,
    connected,
    pubacks,
    leftovers: () => ({ sessions: [...sessions.keys()], retained: [...retained.keys()] }),
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    async restart(durable) {
      const kept = [...sessions].filter(([, { line }]) => line?.clean !== true)
      await close()
      sessions.clear()
      if (durable) for (const [clientId, session] of kept) sessions.set(clientId, { ...session, line: undefined })
      await listen(port)
    },
    [Symbol.asyncDispose]: close
  }
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0
}
