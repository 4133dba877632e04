/** How each part of the chain is started: its program, its configuration, its place on the lines and its disk. It starts nothing. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Type } from 'typebox'
import { edgeDefaults } from '@tracegate/edge/config'
import { compileValidator } from '@tracegate/model/codec'
import { freePort } from '../system/product.ts'
import { agent, fieldSource, point } from './content.ts'
import type { DeviceHabit } from './device-process.ts'
import type { Line } from './line.ts'
import type { Observer } from './observer.ts'
import type { PartOptions } from './part-process.ts'
import { parts, type BrokerName, type PartName } from './result.ts'
import type { SmallDisks } from './small-disk.ts'

export const lineNames = ['deviceField', 'deviceNative', 'edgeField', 'edgeUp', 'collectorUp'] as const
export type LineName = (typeof lineNames)[number]
export type Lines = Readonly<Record<LineName, Line>>
export type ChainPart = PartName | 'fieldBroker'

export interface ChainOptions {
  readonly folder: string
  readonly broker: BrokerName
  readonly lines: Lines
  readonly small: SmallDisks | undefined
  readonly observer: Observer
  readonly habit: DeviceHabit
  readonly waits: Waits
}

/** short: so that a cell shows within seconds what otherwise takes a minute. product: as they are shipped. */
export type Waits = 'short' | 'product'

export interface Chain {
  readonly parts: Readonly<Record<ChainPart, PartOptions>>
  readonly judge: readonly [string, ...string[]]
  /** Sets the clock of one part off by so many milliseconds. */
  shiftClock(part: PartName, offsetMs: number): void
}

export const mosquittoPath = '/usr/sbin/mosquitto'
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const edgeMain = fileURLToPath(new URL('../../../edge/src/main.ts', import.meta.url))
const everyMs = 10
const shortWaits = {
  watermarkTimeoutMs: 700,
  pubackTimeoutMs: 1_500,
  connectTimeoutMs: 1_500,
  backOffMinMs: 50,
  backOffMaxMs: 500
} as const
const readyLine = compileValidator(Type.Object({ ready: Type.Object({ port: Type.Number() }) }))

export async function describeChain(options: ChainOptions): Promise<Chain> {
  const { folder, lines, small, observer, habit, waits } = options
  for (const part of parts) mkdirSync(join(folder, part), { recursive: true })
  const dataDir = (part: PartName) => small?.disks.get(part)?.path ?? join(folder, part)
  const clockFile = (part: PartName) => join(folder, `${part}.clock`)
  const env = (part: PartName) => ({ CRASH_CLOCK_FILE: clockFile(part), NODE_OPTIONS: `--import=${here('shift-clock.ts')}` })
  const node = (...words: readonly string[]) => commandOf([...(small?.prefix ?? []), process.execPath, ...words])
  const url = (line: LineName) => `mqtt://127.0.0.1:${lines[line].port}`
  const countFile = join(folder, 'written.txt')
  const edgeFile = join(folder, 'edge.json')
  const edgeAt = { brokerUrl: url('edgeUp'), fieldUrl: url('edgeField'), dataDir: dataDir('edge') }
  writeFileSync(edgeFile, JSON.stringify({ ...edgeConfig(edgeAt), ...(waits === 'short' ? shortWaits : {}) }))
  const deviceSettings = {
    dataDir: dataDir('device'),
    nativeUrl: url('deviceNative'),
    fieldUrl: url('deviceField'),
    everyMs,
    habit,
    silenceMs: waits === 'short' ? shortWaits.watermarkTimeoutMs : edgeDefaults.watermarkTimeoutMs
  }

  return {
    parts: {
      device: {
        name: 'device',
        env: env('device'),
        command: () => node(here('device-process.ts'), JSON.stringify(deviceSettings)),
        tellsReady: true,
        onLine: (line) => observer.onDevice(line)
      },
      fieldBroker: {
        name: 'fieldBroker',
        command: () => [process.execPath, here('field-broker-process.ts')],
        tellsReady: true,
        onLine: (line) => aimWhenReady(line, [lines.deviceField, lines.edgeField])
      },
      edge: { name: 'edge', env: env('edge'), command: () => node(edgeMain, '--config', edgeFile), tellsReady: false },
      broker:
        options.broker === 'mosquitto'
          ? await mosquitto(options, dataDir('broker'))
          : {
              name: 'broker',
              env: env('broker'),
              command: () => node(here('broker-process.ts'), join(dataDir('broker'), 'broker.log')),
              tellsReady: true,
              onLine: (line) => aimWhenReady(line, platformLines(lines))
            },
      collector: {
        name: 'collector',
        env: env('collector'),
        command: () => node(here('collector-process.ts'), dataDir('collector'), url('collectorUp'), countFile),
        tellsReady: true,
        onLine: (line) => observer.onCollector(line)
      }
    },
    judge: node(here('readback-process.ts'), dataDir('device'), dataDir('collector'), countFile),
    shiftClock: (part, offsetMs) => writeFileSync(clockFile(part), `${offsetMs}`)
  }
}

async function mosquitto({ folder, lines, small }: ChainOptions, dataDir: string): Promise<PartOptions> {
  const port = await freePort()
  const file = join(folder, 'mosquitto.conf')
  // Kept on a disk only where the disk is what fails; everywhere else a restart forgets every session.
  const kept =
    small?.disks.get('broker') === undefined
      ? ''
      : `persistence true\npersistence_location ${dataDir}/\nautosave_interval 1\nlog_dest file ${join(dataDir, 'mosquitto.log')}\n`
  writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\nuser root\n${kept}`)
  for (const line of platformLines(lines)) line.aim(port)
  return { name: 'broker', command: () => commandOf([...(small?.prefix ?? []), mosquittoPath, '-c', file]), tellsReady: false }
}

const platformLines = (lines: Lines): readonly Line[] => [lines.deviceNative, lines.edgeUp, lines.collectorUp]

function aimWhenReady(line: unknown, lines: readonly Line[]): void {
  const checked = readyLine.check(line)
  if (checked.ok) for (const one of lines) one.aim(checked.value.ready.port)
}

function commandOf(words: readonly string[]): readonly [string, ...string[]] {
  const [program = '', ...args] = words
  return [program, ...args]
}

function edgeConfig(at: { readonly brokerUrl: string; readonly fieldUrl: string; readonly dataDir: string }): object {
  return {
    point,
    agent,
    secret: 'secret',
    brokerUrl: at.brokerUrl,
    dataDir: at.dataDir,
    // How long its orderly end may take: until everything is committed.
    flushTimeoutMs: 25_000,
    sources: [fieldSource(at.fieldUrl)],
    devices: []
  }
}
