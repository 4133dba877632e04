/** Finds the secret of the replay agent: the environment, then the credentials of the quickstart. Never a flag and never a URL. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileValidator, decodeMessage } from '@tracegate/model/codec'
import { Type } from 'typebox'
import { edgeError } from '../errors.ts'

export const secretVariable = 'TRACEGATE_DEVICE_SECRET'

const credentials = compileValidator(Type.Record(Type.String(), Type.String()))

/** Throws `REPLAY_SECRET` with what was looked at. */
export function findSecret(options: { readonly env: NodeJS.ProcessEnv; readonly dataDir: string; readonly username: string }): string {
  const { env, username } = options
  const given = env[secretVariable]
  if (given !== undefined && given !== '') return given
  const path = join(options.dataDir, 'sim', 'credentials.json')
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw edgeError('REPLAY_SECRET', { username, path, variable: secretVariable }, error)
  }
  const decoded = decodeMessage(credentials, bytes)
  const secret = decoded.ok ? decoded.value[username] : undefined
  if (secret === undefined) throw edgeError('REPLAY_SECRET', { username, path, variable: secretVariable })
  return secret
}
