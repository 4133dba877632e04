/** Every vector file of the contract with its text: `firmware-specs/vectors/{valid,invalid}/<kind>.json`. */
import { autoIdVectors } from './autoid-vectors.ts'
import { controlVectors } from './control-vectors.ts'
import { elementStringVectors } from './element-string-vectors.ts'
import { epcVectors } from './epc-vectors.ts'
import { payloadVectors } from './payload-vectors.ts'
import { sequenceVectors } from './sequence-vectors.ts'
import { timeVectors } from './time-vectors.ts'
import { topicVectors } from './topic-vectors.ts'
import { vectorText } from './vector.ts'

/** Path from the folder of the vectors to the text of the file. */
export function vectorFiles(): { readonly path: string; readonly text: string }[] {
  const pairs = [
    autoIdVectors,
    controlVectors,
    elementStringVectors,
    epcVectors,
    payloadVectors,
    sequenceVectors,
    timeVectors,
    topicVectors
  ]
  return pairs.flatMap(({ valid, invalid }) => [
    { path: `valid/${valid.kind}.json`, text: vectorText(valid) },
    { path: `invalid/${invalid.kind}.json`, text: vectorText(invalid) }
  ])
}
