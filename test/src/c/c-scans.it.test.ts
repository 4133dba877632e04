/** Scans and AutoID results broken at random: C says what the platform says, and touches no byte that is not its own. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { Type } from 'typebox'
import { decodeAutoIdResult } from '@tracegate/edge/autoid-decoder'
import { autoIdEncodings } from '@tracegate/edge/autoid-types'
import { compileValidator } from '@tracegate/model/codec'
import { readScan } from '@tracegate/model/gs1/scan-data'
import { createCBuild, needsC, runProgram, type CBuild } from './c-build.ts'
import { createRandom, mutateBytes } from './c-mutate.ts'

/** In the order of `test/verdicts.c`. */
const symbologies = [']C1', ']d2', ']Q3', ']Q1', ']E0', ']E4', ']X9', 'epc'] as const
const types = [...Object.keys(autoIdEncodings), 'unknown']
const encodings = new Map<string, number>(Object.entries(autoIdEncodings))
const casesOf = compileValidator(
  Type.Object({
    cases: Type.Array(Type.Object({ hex: Type.String(), symbology: Type.Optional(Type.String()), type: Type.Optional(Type.String()) }))
  })
)

function vectors(kind: string) {
  return ['valid', 'invalid'].flatMap((half) => {
    const text = readFileSync(new URL(`../../../firmware-specs/vectors/${half}/${kind}.json`, import.meta.url), 'utf8')
    const parsed: unknown = JSON.parse(text)
    const checked = casesOf.check(parsed)
    assert.ok(checked.ok)
    return checked.value.cases
  })
}

interface Sample {
  readonly kind: number
  readonly bytes: Uint8Array
}

function frameOf({ kind, bytes }: Sample): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(kind, 0)
  head.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

describe('scans in C', await needsC(), () => {
  let build: CBuild
  let command = ''
  before(async () => {
    build = await createCBuild()
    command = await build.program({ name: 'verdicts', files: ['test/verdicts.c'], isSanitized: true })
  })
  after(() => build[Symbol.asyncDispose]())

  async function compare(samples: readonly Sample[], verdictOf: (sample: Sample) => string): Promise<void> {
    const ended = await runProgram({ command, args: [], input: Buffer.concat(samples.map(frameOf)), timeoutMs: 60_000 })
    assert.equal(ended.errors, '')
    const lines = ended.output.split('\n')
    const different = samples.flatMap((sample, index) => {
      const wanted = verdictOf(sample)
      // No identifier holds characters beyond ASCII. C counts them as bytes, and so may name another fault of the same value first.
      const isRefused = !wanted.startsWith('taken') && lines[index]?.startsWith('GS1_') === true
      const isOther = isRefused && sample.kind < 128 && sample.bytes.some((byte) => byte > 127)
      return lines[index] === wanted || isOther
        ? []
        : [`${sample.kind} ${Buffer.from(sample.bytes).toString('hex')}: ${lines[index]}, ${wanted}`]
    })
    assert.deepEqual(different.slice(0, 5), [], `${different.length} of ${samples.length} differ`)
  }

  it('TG-701 TG-702 TG-704: reads broken element strings, Digital Links and tags as the platform does', async () => {
    const random = createRandom(31)
    const texts = vectors('element-strings').map(({ symbology = '', hex }) => ({ symbology, text: Buffer.from(hex, 'hex').toString() }))
    const tags = vectors('epc').map(({ hex }) => ({ symbology: 'epc', text: hex }))
    const base = [...texts, ...tags].flatMap(({ symbology, text }) => {
      const kind = symbologies.findIndex((name) => name === symbology)
      return kind < 0 ? [] : [{ kind: 64 + kind, bytes: Buffer.from(text) }]
    })
    const made: Sample[] = [...base]
    while (made.length < 12_000) {
      const sample = base[random(base.length)]
      if (sample === undefined) break
      // A scan is text: bytes that are no UTF-8 never come out of a payload.
      const text = Buffer.from(mutateBytes(random, sample.bytes)).toString().toWellFormed()
      made.push({ kind: random(8) === 0 ? 64 + random(symbologies.length) : sample.kind, bytes: Buffer.from(text) })
    }
    await compare(made, ({ kind, bytes }) => {
      const read = readScan(symbologies[kind - 64] ?? '', Buffer.from(bytes).toString())
      return read.ok ? `taken ${read.value.key ?? ''}` : `${read.reason.code} `
    })
  })

  it('TG-1004: reads broken AutoID results as the platform does', async () => {
    const random = createRandom(32)
    const base = vectors('autoid').map(({ type = '', hex }) => ({ kind: 128 + types.indexOf(type), bytes: Buffer.from(hex, 'hex') }))
    const made: Sample[] = [...base]
    while (made.length < 8_000) {
      const sample = base[random(base.length)]
      if (sample === undefined) break
      made.push({ kind: random(8) === 0 ? 128 + random(types.length) : sample.kind, bytes: mutateBytes(random, sample.bytes) })
    }
    await compare(made, ({ kind, bytes }) => {
      const read = decodeAutoIdResult(encodings.get(types[kind - 128] ?? '') ?? -1, bytes)
      return read.ok ? 'taken ' : `${read.reason.code} `
    })
  })
})
