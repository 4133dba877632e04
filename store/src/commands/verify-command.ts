/** `store verify`: looks for damage in a data folder or a backup. */
import { Type } from 'typebox'
import { loadConfig } from '@tracegate/service/config'
import { verifyFolder } from '../backup/verify-folder.ts'
import { commandHelp, exitCodes, jsonOption, variablePrefix, type StoreCommand } from './command-line.ts'

const options = Type.Object({
  dataDir: Type.String({ default: 'data', minLength: 1, description: 'Data folder of the platform, or a backup' }),
  json: Type.Boolean(jsonOption)
})
const findingsShown = 20

export const verifyCommand: StoreCommand = {
  about: 'Looks for damage in all stores of a data folder or a backup; may run beside the platform. Exit code 1: something was found.',
  example: '--data-dir data',
  options,
  async run(argv, io, signal) {
    const { values, helpAsked } = loadConfig(options, { argv, env: process.env, prefix: variablePrefix })
    if (helpAsked) return io.out(commandHelp('verify', verifyCommand)) ?? exitCodes.done
    const verdicts = await verifyFolder({
      folder: values.dataDir,
      signal,
      onFile({ file, looked, findings, findingsTotal }) {
        if (values.json) return
        io.out(`${findingsTotal === 0 ? 'sound  ' : 'DAMAGED'} ${file} (${looked})\n`)
        for (const { place, problem } of findings.slice(0, findingsShown)) io.out(`        ${place}: ${problem}\n`)
        if (findingsTotal > findingsShown) io.out(`        and ${findingsTotal - findingsShown} more\n`)
      }
    })
    if (values.json) io.out(`${JSON.stringify({ dataDir: values.dataDir, files: verdicts })}\n`)
    return verdicts.every(({ findingsTotal }) => findingsTotal === 0) ? exitCodes.done : exitCodes.found
  }
}
