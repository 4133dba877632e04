/** `store backup`: copies a data folder while the platform runs on it. */
import { Type } from 'typebox'
import { loadConfig } from '@tracegate/service/config'
import { backupFolder } from '../backup/backup-folder.ts'
import { commandHelp, createProgress, exitCodes, jsonOption, variablePrefix, type StoreCommand } from './command-line.ts'

const options = Type.Object({
  dataDir: Type.String({ default: 'data', minLength: 1, description: 'Data folder of the platform' }),
  to: Type.String({ minLength: 1, description: 'Folder for the copy, empty or not there yet' }),
  json: Type.Boolean(jsonOption)
})

export const backupCommand: StoreCommand = {
  about: 'Copies a data folder while the platform runs on it. The copy holds everything acknowledged before it began.',
  example: '--data-dir data --to /backup/2026-11-23',
  options,
  async run(argv, io, signal) {
    const { values, helpAsked } = loadConfig(options, { argv, env: process.env, prefix: variablePrefix })
    if (helpAsked) return io.out(commandHelp('backup', backupCommand)) ?? exitCodes.done
    const progress = createProgress(io)
    const { files } = await backupFolder({
      dataDir: values.dataDir,
      target: values.to,
      signal,
      onProgress: ({ file, done, of }) => progress.tell(file, done, of)
    })
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
    if (values.json) io.out(`${JSON.stringify({ to: values.to, bytes, files })}\n`)
    else io.out(`${files.length} files, ${bytes.toLocaleString('en')} bytes in ${values.to}\n`)
    return exitCodes.done
  }
}
