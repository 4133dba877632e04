/** Prints the sample configuration. */
import { sampleText } from '../configuration/sample.ts'
import { edgeError } from '../errors.ts'
import { loadSourceKinds } from '../source/source-kinds.ts'
import { readArguments } from './arguments.ts'

export async function sampleCommand(argv: readonly string[]): Promise<number> {
  const { flags } = readArguments(argv, { source: 'string' })
  const wanted = flags['source']
  const types = [...(await loadSourceKinds()).keys()]
  if (typeof wanted === 'string' && !types.includes(wanted))
    throw edgeError('EDGE_CALL', { detail: `--source is "${wanted}", expected one of ${types.join(', ')}` })
  process.stdout.write(sampleText(typeof wanted === 'string' ? [wanted] : types))
  return 0
}
