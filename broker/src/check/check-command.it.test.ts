/** `check` as people call it: against this broker and Mosquitto, over every kind of line, with its exit codes, and never with a secret shown. */
import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { createSink, start } from '../testing.ts'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const program = (path: string) => (!existsSync(path) && process.env['CI'] !== 'true' ? `${path} is not installed` : false)
const mosquitto = '/usr/sbin/mosquitto'
const noMosquitto = program(mosquitto)
const nats = '/usr/sbin/nats-server'
// Not in every distribution, and no part of what is promised: looked at where it is.
const noNats = existsSync(nats) ? false : `${nats} is not installed`
const secret = 'hush-hush'

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

function check(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>()
  execFile(process.execPath, [main, ...args], { timeout: 60_000, env: { ...process.env, ...env } }, (error, out, err) =>
    resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err })
  )
  return promise
}

/** The row of a probe, folded lines included. */
function rowOf(table: string, probe: string): string {
  const lines = table.split('\n')
  const from = lines.findIndex((line) => new RegExp(`^[* ] ${probe.replaceAll('.', '\\.')} `).test(line))
  const to = lines.findIndex((line, index) => index > from && !/^ {12}/.test(line))
  return from < 0
    ? ''
    : lines
        .slice(from, to)
        .map((line) => line.trim())
        .join(' ')
        .replaceAll(/ +/g, ' ')
}

const Report = compileValidator(
  Type.Object({
    result: Type.String(),
    name: Type.Optional(Type.String()),
    version: Type.Optional(Type.String()),
    findings: Type.Array(
      Type.Object({
        probe: Type.String(),
        verdict: Type.String(),
        needed: Type.Boolean(),
        finding: Type.String(),
        value: Type.Optional(Type.Unknown())
      })
    )
  })
)

function verdictsOf(out: string): Map<string, string> {
  const checked = Report.check(JSON.parse(out))
  assert.ok(checked.ok)
  return new Map(checked.value.findings.map(({ probe, verdict }) => [probe, verdict]))
}

async function freePort(): Promise<number> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function listening(port: number): Promise<void> {
  const { connect } = await import('node:net')
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    const isOpen = await promise
    socket.destroy()
    if (isOpen) return
    await sleep(50)
  }
  throw new Error(`nobody listens on ${port}`)
}

describe('this broker', { concurrency: 4 }, () => {
  it('works for a collector, and says of the rest what it does not speak', async () => {
    await using broker = await start({ sink: createSink() })
    const url = `mqtt://127.0.0.1:${broker.port}`
    const { code, out } = await check(['check', url, '--username', 'collector'], { TRACEGATE_BROKER_CHECK_PASSWORD: 'secret' })
    assert.equal(code, 0, out)
    for (const probe of [
      'qos-1',
      'order',
      'persistent-session',
      'redelivery',
      'dup-flag',
      'qos-2',
      'retained',
      'will',
      'packet-size',
      'keep-alive'
    ])
      assert.match(rowOf(out, probe), / works /, rowOf(out, probe))
    assert.match(rowOf(out, 'share'), / refused .*SUBACK 0x80/)
    assert.match(out, /All of it works\./)
  })

  it('keeps what it has acknowledged for a subscriber that is away when it is killed', async () => {
    const home = await mkdtemp(join(tmpdir(), 'tracegate-check-'))
    const port = await freePort()
    const broker = fileURLToPath(new URL('broker-until-killed.ts', import.meta.url))
    const first = spawn(process.execPath, [broker, home, `${port}`], { stdio: 'ignore' })
    try {
      await listening(port)
      const restart = `kill -9 $(cat ${home}/pid); ${process.execPath} ${broker} ${home} ${port} >/dev/null 2>&1 &`
      const call = ['check', `mqtt://127.0.0.1:${port}`, '--username', 'collector', '--restart', restart]
      const { code, out } = await check(call, { TRACEGATE_BROKER_CHECK_PASSWORD: 'secret' })
      assert.equal(code, 0, out)
      assert.match(rowOf(out, 'acknowledgement'), / works all of 5 acknowledged messages outlived a kill/)
    } finally {
      first.kill('SIGKILL')
      process.kill(Number(await readFile(join(home, 'pid'), 'utf8')), 'SIGKILL')
      await rm(home, { recursive: true, force: true })
    }
  })

  it('is no broker for a shared group', async () => {
    await using broker = await start()
    const url = `mqtt://127.0.0.1:${broker.port}`
    const { code, out } = await check(['check', url, '--share', '--username', 'collector'], { TRACEGATE_BROKER_CHECK_PASSWORD: 'secret' })
    assert.equal(code, 1)
    assert.match(out, /Does not work: share, share-by-publisher\./)
  })

  it('is looked at by a device below topics that are its own only with the right prefix', async () => {
    await using broker = await start()
    const url = `mqtt://127.0.0.1:${broker.port}`
    const { code, out } = await check(['check', url, '--username', 'port-1/probe-1'], { TRACEGATE_BROKER_CHECK_PASSWORD: 'secret' })
    assert.equal(code, 1)
    assert.match(rowOf(out, 'qos-1'), /refused/)
    assert.match(rowOf(out, 'order'), /not tried needs QoS 1 under the topic prefix/)
  })

  it('that refuses the password is not reached, and the password is not shown', async () => {
    await using broker = await start()
    const url = `mqtt://127.0.0.1:${broker.port}`
    const { code, out, err } = await check(['check', url, '--username', 'collector'], { TRACEGATE_BROKER_CHECK_PASSWORD: secret })
    assert.equal(code, 2)
    assert.match(rowOf(out, 'reachable'), /refused CONNACK 0x04: user name or password is wrong/)
    assert.ok(!`${out}${err}`.includes(secret))
  })
})

describe('a wrong call', () => {
  it('ends with code 2 and says what was expected', async () => {
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['check'], /address is missing/],
      [['check', 'mqtt://127.0.0.1:1', '--password', secret], /expected --password-file or TRACEGATE_BROKER_CHECK_PASSWORD/],
      [['check', `mqtt://127.0.0.1:1`, `--password=${secret}`], /expected --password-file/],
      [['check', `mqtt://me:${secret}@127.0.0.1:1`], /without user and password/],
      [['check', 'http://127.0.0.1'], /begins with mqtt:/],
      [['check', 'mqtt://127.0.0.1:1', '--password-file', '/nowhere', '--username', 'me'], /file of the password is "\/nowhere"/],
      [['check', 'mqtt://127.0.0.1:1', '--timout', '5'], /did you mean "--timeout"/],
      [['check', 'mqtt://127.0.0.1:1', '--topic-prefix', 'a/#'], /topic prefix is "a\/#"/],
      [['chek'], /command is "chek"/]
    ]
    await Promise.all(
      cases.map(async ([args, message]) => {
        const { code, out, err } = await check(args)
        assert.equal(code, 2, args.join(' '))
        assert.match(err, message)
        assert.ok(!`${out}${err}`.includes(secret))
      })
    )
  })

  it('shows its help with examples, and nobody who listens is told as such', async () => {
    const help = await check(['check', '--help'])
    assert.equal(help.code, 0)
    assert.match(help.out, /npm run broker -- check mqtts:.*--password-file/)
    const gone = await check(['check', 'mqtt://127.0.0.1:1', '--json'])
    assert.equal(gone.code, 2)
    assert.match(gone.out, /ECONNREFUSED/)
  })
})

describe('Mosquitto', { skip: noMosquitto, concurrency: 4 }, () => {
  let folder = ''
  let ports = { mqtt: 0, mqtts: 0, ws: 0, wss: 0 }
  let child: ReturnType<typeof spawn> | undefined

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tracegate-check-'))
    ports = { mqtt: await freePort(), mqtts: await freePort(), ws: await freePort(), wss: await freePort() }
    const openssl = (...args: readonly string[]) => execFileSync('openssl', [...args], { cwd: folder, stdio: 'ignore' })
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'] as const
    openssl('req', '-x509', ...curve, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=test authority', '-days', '2')
    for (const name of ['server', 'client']) {
      openssl('req', ...curve, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
      await writeFile(join(folder, `${name}.ext`), 'subjectAltName=IP:127.0.0.1\n')
      openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        '-out',
        `${name}.pem`,
        '-days',
        '2',
        '-extfile',
        `${name}.ext`
      )
    }
    execFileSync('mosquitto_passwd', ['-c', '-b', join(folder, 'passwords'), 'collector', secret], { stdio: 'ignore' })
    await writeFile(join(folder, 'secret.txt'), `${secret}\n`)
    const certificates = `cafile ${folder}/ca.pem\ncertfile ${folder}/server.pem\nkeyfile ${folder}/server.key\n`
    const users = `allow_anonymous false\npassword_file ${folder}/passwords\n`
    const config = `user root\nper_listener_settings true
listener ${ports.mqtt} 127.0.0.1\nallow_anonymous true
listener ${ports.mqtts} 127.0.0.1\n${users}${certificates}require_certificate true
listener ${ports.ws} 127.0.0.1\nprotocol websockets\n${users}
listener ${ports.wss} 127.0.0.1\nprotocol websockets\n${users}${certificates}`
    await writeFile(join(folder, 'mosquitto.conf'), config)
    child = spawn(mosquitto, ['-c', join(folder, 'mosquitto.conf')], { stdio: 'ignore' })
    await listening(ports.wss)
  })
  after(async () => {
    child?.kill()
    await rm(folder, { recursive: true, force: true })
  })

  it('works in everything but a group that keeps publishers together, and tells its version', async () => {
    const { code, out } = await check(['check', `mqtt://127.0.0.1:${ports.mqtt}`, '--json'])
    assert.equal(code, 0, out)
    const verdicts = verdictsOf(out)
    assert.deepEqual(
      [...verdicts].filter(([, verdict]) => verdict !== 'works'),
      [
        ['acknowledgement', 'unknown'],
        ['share-by-publisher', 'differs']
      ]
    )
    assert.match(out, /mosquitto version 2/)
  })

  it('is reached over TLS with a client certificate, WebSocket and secure WebSocket, with a password from a file', async () => {
    const user = ['--username', 'collector', '--password-file', join(folder, 'secret.txt')]
    const ca = ['--ca-file', join(folder, 'ca.pem')]
    const cert = ['--cert-file', join(folder, 'client.pem'), '--key-file', join(folder, 'client.key')]
    const calls = [
      ['check', `mqtts://127.0.0.1:${ports.mqtts}`, ...user, ...ca, ...cert],
      ['check', `ws://127.0.0.1:${ports.ws}/mqtt`, ...user, '--protocol', '5'],
      ['check', ...ca, ...user, `wss://127.0.0.1:${ports.wss}`]
    ]
    const ended = await Promise.all(calls.map((call) => check([...call, '--timeout', '60'])))
    for (const { code, out, err } of ended) {
      assert.equal(code, 0, `${out}${err}`)
      assert.match(rowOf(out, 'redelivery'), / works /)
      assert.ok(!out.includes(secret))
    }
  })

  it('is not reached with a wrong password, without the authority, or without the client certificate', async () => {
    const user = ['--username', 'collector', '--password-file', join(folder, 'secret.txt')]
    const unknown = await check(['check', `wss://127.0.0.1:${ports.wss}`, ...user])
    assert.equal(unknown.code, 2)
    assert.match(rowOf(unknown.out, 'reachable'), /certificate/)
    const wrong = await check(['check', `ws://127.0.0.1:${ports.ws}`, '--username', 'collector'], { TRACEGATE_BROKER_CHECK_PASSWORD: 'no' })
    assert.equal(wrong.code, 2)
    assert.match(rowOf(wrong.out, 'reachable'), /refused CONNACK 0x05/)
    const bare = await check(['check', `mqtts://127.0.0.1:${ports.mqtts}`, ...user, '--ca-file', join(folder, 'ca.pem')])
    assert.equal(bare.code, 2)
  })

  for (const [kept, verdict] of [
    ['', 'differs'],
    ['persistence true\nautosave_on_changes true\nautosave_interval 1\n', 'works']
  ] as const)
    it(`${kept === '' ? 'in memory loses what it acknowledged' : 'that saves every change keeps it'} when it is killed`, async () => {
      const port = await freePort()
      const home = await mkdtemp(join(tmpdir(), 'tracegate-check-'))
      const config = join(home, 'mosquitto.conf')
      const pidFile = join(home, 'pid')
      const place = kept === '' ? '' : `persistence_location ${home}/\n`
      await writeFile(config, `user root\nlistener ${port} 127.0.0.1\nallow_anonymous true\npid_file ${pidFile}\n${kept}${place}`)
      execFileSync(mosquitto, ['-d', '-c', config], { stdio: 'ignore' })
      try {
        await listening(port)
        const restart = `kill -9 $(cat ${pidFile}); sleep 0.2; ${mosquitto} -d -c ${config}`
        const { code, out } = await check(['check', `mqtt://127.0.0.1:${port}`, '--restart', restart])
        assert.equal(code, 0, out)
        assert.match(rowOf(out, 'acknowledgement'), new RegExp(` ${verdict} `), rowOf(out, 'acknowledgement'))
        if (verdict === 'differs')
          assert.match(rowOf(out, 'acknowledgement'), /acknowledged before it is stored: 5 of 5 messages were lost/)
      } finally {
        process.kill(Number(await readFile(pidFile, 'utf8')))
        await rm(home, { recursive: true, force: true })
      }
    })
})

describe('nats-server', { skip: noNats }, () => {
  it('is found to grant a shared subscription and deliver nothing', async () => {
    const home = await mkdtemp(join(tmpdir(), 'tracegate-check-'))
    const port = await freePort()
    await writeFile(
      join(home, 'nats.conf'),
      `server_name: n\nport: ${await freePort()}\njetstream { store_dir: "${home}" }\nmqtt { port: ${port} }\n`
    )
    const child = spawn(nats, ['-c', join(home, 'nats.conf')], { stdio: 'ignore' })
    try {
      await listening(port)
      const { out } = await check(['check', `mqtt://127.0.0.1:${port}`])
      assert.match(rowOf(out, 'share'), /differs granted, and of 32 canaries none/)
    } finally {
      child.kill()
      await rm(home, { recursive: true, force: true })
    }
  })
})
