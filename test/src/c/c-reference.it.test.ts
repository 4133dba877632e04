/** The C reference: compiles without a warning, keeps every vector, and judges broken payloads as the platform does. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Type } from 'typebox'
import { encodeCbor } from '@tracegate/model/cbor'
import { compileValidator, decodePayload } from '@tracegate/model/codec'
import { deviceChannels, platformChannels, type Channel } from '@tracegate/model/topics'
import { wireSchemas } from '@tracegate/model/wire-schemas'
import { judgePayload } from '../contract/judge-payload.ts'
import { compilers, createCBuild, crossTools, needsC, runProgram, type CBuild } from './c-build.ts'
import { createRandom, type Random, mutateBytes, mutateValue } from './c-mutate.ts'

const vectors = fileURLToPath(new URL('../../../firmware-specs/vectors/', import.meta.url))
const runner = ['test/run_vectors.c', 'test/harness.c', 'test/payload_vectors.c', 'test/autoid_vectors.c']
const payloadFile = compileValidator(
  Type.Object({
    cases: Type.Array(
      Type.Object({
        channel: Type.Enum([...deviceChannels, ...platformChannels]),
        hex: Type.String(),
        value: Type.Optional(Type.Unknown())
      })
    )
  })
)

interface Sample {
  readonly channel: Channel
  readonly bytes: Uint8Array
  readonly value: unknown
}

/** The vectors of payloads that are not there for their size. */
function samples(): Sample[] {
  return ['valid', 'invalid'].flatMap((half) => {
    const parsed: unknown = JSON.parse(readFileSync(`${vectors}${half}/payloads.json`, 'utf8'))
    const checked = payloadFile.check(parsed)
    assert.ok(checked.ok)
    return checked.value.cases
      .filter(({ hex }) => hex.length < 4_000)
      .map(({ channel, hex, value }) => ({ channel, bytes: Buffer.from(hex, 'hex'), value }))
  })
}

const order = Object.keys(wireSchemas)

function frameOf({ channel, bytes }: Sample): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(order.indexOf(channel), 0)
  head.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

function verdictOf({ channel, bytes }: Sample): string {
  const judged = judgePayload(channel, bytes)
  if (judged.ok) return 'taken '
  // C ends a text at NUL and cuts a long pointer; what would break a line is shown as a question mark.
  const pointer = (judged.reason.pointer.toWellFormed().split('\0')[0] ?? '').replaceAll(/[\u0001-\u001f]/g, '?')
  return `${judged.reason.code} ${pointer}`
}

function isList(bytes: Uint8Array): boolean {
  const decoded = decodePayload(bytes)
  return decoded.ok && Array.isArray(decoded.value)
}

const needs = await needsC()

const found = await compilers()
const cross = await crossTools()
const needsCross = {
  skip:
    cross === undefined && process.env['CI'] !== 'true'
      ? 'needs powerpc-linux-gnu-gcc and qemu-ppc-static (Debian: gcc-powerpc-linux-gnu, libc6-dev-powerpc-cross, qemu-user-static)'
      : false
}

describe('the C reference', needs, () => {
  let build: CBuild
  before(async () => {
    build = await createCBuild()
  })
  after(() => build[Symbol.asyncDispose]())

  for (const compiler of found)
    for (const isSanitized of [false, true])
      it(`compiles without a warning and keeps every vector: ${compiler}${isSanitized ? ' with sanitizers' : ''}`, async () => {
        const command = await build.program({ name: `run-${compiler}-${isSanitized}`, files: runner, compiler, isSanitized })
        const { code, output, errors } = await runProgram({ command, args: [vectors], timeoutMs: 60_000 })
        assert.equal(errors, '')
        assert.match(output, /\d+ passed, 0 failed\n$/, output.slice(-3_000))
        assert.equal(code, 0)
        for (const half of ['valid', 'invalid'])
          // Lists of held goods are for devices that let goods pass; the C code is for those that send.
          for (const name of readdirSync(`${vectors}${half}`).filter((file) => file !== 'control.json'))
            assert.ok(output.includes(`${half}/${name}: `), `${half}/${name} was run`)
      })

  it('keeps every vector on a big-endian machine of 32 bits', needsCross, async () => {
    assert.ok(cross !== undefined)
    // Linked statically: the emulator has no libraries of that machine.
    const command = await build.program({ name: 'run-cross', files: runner, compiler: cross.compiler, libraries: ['-static'] })
    const { output } = await runProgram({ command: cross.runner, args: [command, vectors], timeoutMs: 120_000 })
    assert.match(output, /\d+ passed, 0 failed\n$/, output.slice(-3_000))
  })

  it('TG-201 TG-202: judges broken payloads as the platform does, and touches no byte that is not its own', async () => {
    const command = await build.program({ name: 'verdicts', files: ['test/verdicts.c'], isSanitized: true })
    const random = createRandom(20_261_123)
    const base = samples()
    const valid = base.filter(({ value }) => value !== undefined)
    const made: Sample[] = [...base]
    while (made.length < 12_000) {
      // What is right before it is broken is more often right behind it: verdicts of both kinds are wanted.
      const from = random(4) === 0 ? base : valid
      const sample = from[random(from.length)]
      if (sample === undefined) break
      const isValue = sample.value !== undefined && random(2) === 0
      made.push({ ...sample, bytes: isValue ? mutateValue(random, sample.value) : mutateBytes(random, sample.bytes) })
    }
    const ended = await runProgram({ command, args: [], input: Buffer.concat(made.map(frameOf)), timeoutMs: 60_000 })
    assert.equal(ended.errors, '')
    assert.equal(ended.code, 0)
    const lines = ended.output.split('\n')
    const different = made.flatMap((sample, index) => {
      const wanted = verdictOf(sample)
      // CBOR that is both too deep and broken further on: C stops at the depth, as it has no memory for what nests deeper.
      const isBoth = wanted === 'PAYLOAD_NOT_CBOR ' && lines[index] === 'PAYLOAD_TOO_DEEP '
      // The platform also reads expanded JSON-LD, which is a list; a device sends the plain form, and C knows no other.
      const isExpanded = sample.channel === 'event' && lines[index] === 'SCHEMA_TYPE ' && isList(sample.bytes)
      return lines[index] === wanted || isBoth || isExpanded
        ? []
        : [`${sample.channel} ${Buffer.from(sample.bytes).toString('hex')}: ${lines[index]}, ${wanted}`]
    })
    assert.deepEqual(different.slice(0, 5), [], `${different.length} of ${made.length} differ`)
    const taken = lines.filter((line) => line === 'taken ').length
    assert.ok(taken > 400, `${taken} of ${made.length} are taken`)
  })

  it('TG-201: writes numbers and texts byte for byte as the platform does, JSON and CBOR', async () => {
    const command = await build.program({ name: 'transcode', files: ['test/transcode.c'], isSanitized: true })
    const random = createRandom(7)
    const values = Array.from({ length: 3_000 }, () => ({
      n: randomNumber(random),
      t: randomText(random),
      l: [randomNumber(random), true, null]
    }))
    const wanted = values.flatMap((value) => [Buffer.from(JSON.stringify(value)), Buffer.from(encodeCbor(value))])
    const frames = wanted.map((bytes, index) => {
      // Each is read in the other encoding than it is written in.
      const source = wanted[index ^ 1] ?? bytes
      const head = Buffer.alloc(5)
      head.writeUInt8(index % 2, 0)
      head.writeUInt32BE(source.length, 1)
      return Buffer.concat([head, source])
    })
    const { code, bytes } = await runProgram({ command, args: [], input: Buffer.concat(frames), timeoutMs: 60_000 })
    assert.equal(code, 0)
    let at = 0
    for (const one of wanted) {
      const length = bytes.readUInt32BE(at)
      assert.equal(bytes.subarray(at + 4, at + 4 + length).toString('hex'), one.toString('hex'), one.toString())
      at += 4 + length
    }
    assert.equal(at, bytes.length)
  })

  it('TG-401 TG-402 TG-403 TG-404 TG-405 TG-407 TG-409 TG-410 TG-413 TG-602: keeps the books of what is sent, acknowledged and committed', async () => {
    const command = await build.program({ name: 'bookkeeping', files: ['test/bookkeeping.c'], isSanitized: true })
    const { code, output } = await runProgram({ command, args: [], timeoutMs: 20_000 })
    assert.match(output, /^\d+ passed, 0 failed\n$/)
    assert.equal(code, 0)
  })

  it('compiles without EPCIS, and is smaller by it', async () => {
    const sizes = await Promise.all([build.librarySize([]), build.librarySize(['-DTG_WITHOUT_EPCIS'])])
    assert.ok((sizes[1]?.text ?? 0) < (sizes[0]?.text ?? 0))
    for (const { data, bss } of sizes) assert.deepEqual({ data: data <= maxDataBytes, bss }, { data: true, bss: 0 }, 'nothing global')
  })
})

/** Tables with pointers in them are data in a position-independent build; nothing else is. */
const maxDataBytes = 32_768

function randomNumber(random: Random): number {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setUint32(0, random(2 ** 32))
  bits.setUint32(4, random(2 ** 32))
  const kinds = [
    () => bits.getFloat64(0),
    () => bits.getFloat32(0),
    () => random(2 ** 32) - 2 ** 31,
    () => (random(2 ** 31) - 2 ** 30) / 1_000,
    () => 2 ** (random(2_098) - 1_074),
    () => random(70_000) / 64,
    () => Number(bits.getBigInt64(0) >> 10n)
  ]
  const value = kinds[random(kinds.length)]?.() ?? 0
  return Number.isFinite(value) && !Object.is(value, -0) ? value : 0
}

function randomText(random: Random): string {
  const pieces = ['a', 'é', '冷', '🧊', '"', '\\', '/', '\n', '\u0000', '\u001f', '\u007f', '\u2028', '\ufeff', ' ']
  return Array.from({ length: random(30) }, () => pieces[random(pieces.length)] ?? '').join('')
}
