/**
 * An outbox on a disk that is too small, in a process of its own: fills it until it is refused, makes room by freeing, goes on, and
 * opens it again. Prints what it saw as one JSON object.
 */
import { randomBytes } from 'node:crypto'
import { CodedError } from '@tracegate/model/errors'
import { createOutbox, type Outbox } from '../outbox/outbox.ts'

const [path = ''] = process.argv.slice(2)
const open = (boot: string): Outbox => createOutbox({ path, boot, bytesMax: 1e9, sync: 'full', commitAfterMs: 1 })
const append = (outbox: Outbox) => {
  const bytes = randomBytes(10_000)
  return outbox.append({ device: 'd1', channel: 'event', readings: 0, encode: () => bytes })
}
const seqs = (outbox: Outbox) =>
  outbox.read({ device: 'd1', urgent: true, afterId: 0, messagesMax: 10_000, bytesMax: 1e9 }).map(({ seq, lost }) => (lost ? -1 : seq))
const codeOf = (error: unknown) => (error instanceof CodedError ? error.code : String(error))

async function fill(outbox: Outbox): Promise<{ kept: number; code: string }> {
  for (let kept = 0; kept < 1_000; kept += 1) {
    try {
      await append(outbox)
    } catch (error) {
      return { kept, code: codeOf(error) }
    }
  }
  return { kept: 1_000, code: '' }
}

const first = open('b1')
const filled = await fill(first)
const refusedAgain = await append(first).then(() => '', codeOf)
const whenFull = seqs(first)
first.release({ device: 'd1', boot: 'b1-a', upTo: filled.kept - 1 })
await new Promise((resolve) => {
  setTimeout(resolve, 1_200)
})
const after = await fill(first)
const whenFullAgain = seqs(first)
first[Symbol.dispose]()
const second = open('b2')
process.stdout.write(
  JSON.stringify({ filled, refusedAgain, whenFull, after, whenFullAgain, reopened: seqs(second), damage: second.damage })
)
second[Symbol.dispose]()
