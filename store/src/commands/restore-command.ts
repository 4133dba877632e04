/** `store restore`: makes a data folder from a backup. */
import { Type } from 'typebox'
import { loadConfig } from '@tracegate/service/config'
import { restoreFolder } from '../backup/restore-folder.ts'
import { commandHelp, createProgress, exitCodes, jsonOption, variablePrefix, type StoreCommand } from './command-line.ts'

const options = Type.Object({
  from: Type.String({ minLength: 1, description: 'Folder that `store backup` made' }),
  dataDir: Type.String({ minLength: 1, description: 'Folder for the data, empty or not there yet' }),
  json: Type.Boolean(jsonOption)
})

export const restoreCommand: StoreCommand = {
  about: 'Makes a data folder from a backup, after the checksum of every file was compared. It writes over nothing.',
  example: '--from /backup/2026-11-23 --data-dir data',
  options,
  async run(argv, io, signal) {
    const { values, helpAsked } = loadConfig(options, { argv, env: process.env, prefix: variablePrefix })
    if (helpAsked) return io.out(commandHelp('restore', restoreCommand)) ?? exitCodes.done
    const progress = createProgress(io)
    const { createdAtMs, files } = await restoreFolder({
      backup: values.from,
      dataDir: values.dataDir,
      signal,
      onProgress: ({ file, done, of }) => progress.tell(file, done, of)
    })
    const createdAt = new Date(createdAtMs).toISOString()
    if (values.json) io.out(`${JSON.stringify({ dataDir: values.dataDir, createdAt, files: files.length })}\n`)
    else io.out(`${files.length} files of ${createdAt} in ${values.dataDir}\n`)
    return exitCodes.done
  }
}
