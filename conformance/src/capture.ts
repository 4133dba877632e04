/**
 * The capture file: JSON lines, the first one the scene, each other one an entry of the log. Reads and writes it; judges nothing.
 * A line that does not fit is an error with its number, because a verdict over half a capture would mislead.
 */
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { once } from 'node:events'
import { compileValidator } from '@tracegate/model/codec'
import { kitError } from './errors.ts'
import { Observation, observationsMax, Scene } from './observation.ts'

export interface Capture {
  readonly scene: Scene
  readonly observations: readonly Observation[]
}

const scenes = compileValidator(Scene)
const entries = compileValidator(Observation)

export async function readCapture(path: string): Promise<Capture> {
  const observations: Observation[] = []
  let scene: Scene | undefined
  let line = 0
  const wrong = (detail: string) => kitError('KIT_CAPTURE', { path, line, detail })
  try {
    for await (const text of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1
      if (text.trim() === '') continue
      if (observations.length >= observationsMax) throw wrong(`is beyond ${observationsMax} entries`)
      const value = parseLine(text, wrong)
      if (scene === undefined) {
        const checked = scenes.check(value)
        if (!checked.ok) throw wrong(`is no scene: ${checked.reason.message}`)
        scene = checked.value
      } else {
        const checked = entries.check(value)
        if (!checked.ok) throw wrong(`is no entry: ${checked.reason.message}`)
        observations.push(checked.value)
      }
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw kitError('KIT_FILE', { path, wanted: 'read', detail: error.message }, error)
    throw error
  }
  if (scene === undefined) throw wrong('is missing')
  return { scene, observations }
}

function parseLine(text: string, wrong: (detail: string) => Error): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    throw wrong('is not JSON')
  }
}

export interface CaptureWriter extends AsyncDisposable {
  write(observation: Observation): void
}

/** Writes while the run goes on, so that a run that is broken off can still be judged. */
export async function createCaptureWriter(path: string, scene: Scene): Promise<CaptureWriter> {
  const stream: WriteStream = createWriteStream(path)
  try {
    await once(stream, 'open')
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    throw kitError('KIT_FILE', { path, wanted: 'written', detail }, error)
  }
  let failure: Error | undefined
  stream.on('error', (error) => {
    failure = error
  })
  stream.write(`${JSON.stringify(scene)}\n`)
  return {
    write(observation) {
      if (failure === undefined) stream.write(`${JSON.stringify(observation)}\n`)
    },
    async [Symbol.asyncDispose]() {
      if (failure === undefined) {
        stream.end()
        await once(stream, 'close')
      }
      if (failure !== undefined) throw kitError('KIT_FILE', { path, wanted: 'written', detail: failure.message }, failure)
    }
  }
}
