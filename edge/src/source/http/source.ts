/** Hand-held scanners and scripts over HTTP. Names the protocol; the server is loaded when it is used. */
import { edgeError } from '../../errors.ts'
import { defineSourceKind } from '../source.ts'
import { devicesOfHttp, httpDefaults, HttpSource, isLoopback } from './http-config.ts'

export const sourceKind = defineSourceKind({
  type: 'http',
  schema: HttpSource,
  devicesOf: devicesOfHttp,
  check: checkHttpSource,
  load: async () => (await import('./http.ts')).httpRunner
})

/** Members that are right by themselves and do not go together. */
function checkHttpSource(config: HttpSource): void {
  const wrong = (detail: string) => edgeError('EDGE_CONFIG', { detail: `http source: ${detail}` })
  const host = config.host ?? httpDefaults.host
  if ((config.certificateFile === undefined) !== (config.keyFile === undefined))
    throw wrong('has one of certificateFile and keyFile, expected both or none')
  if (!isLoopback(host) && config.certificateFile === undefined && config.allowInsecure !== true)
    throw wrong(`host is "${host}", which is not loopback, without a certificate; expected certificateFile and keyFile, or allowInsecure`)
  const names = config.devices.map(({ device }) => device)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw wrong(`device "${twice}" is there twice, expected each once`)
  for (const { device, tokenFile, tokenVariable } of config.devices)
    if ((tokenFile === undefined) === (tokenVariable === undefined))
      throw wrong(`device "${device}" has ${tokenFile === undefined ? 'neither' : 'both'} of tokenFile and tokenVariable, expected one`)
}
