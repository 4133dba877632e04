/** The test server as a process of its own, so that it can be stopped in the middle of its work. Its parent gets `{ endpoint }`. */
import { startTestOpcuaServer } from './opcua-server.ts'

const [, , folder = '', port = '0'] = process.argv

if (process.send !== undefined) {
  const server = await startTestOpcuaServer(folder, port === '0' ? undefined : Number(port))
  process.once('disconnect', () => process.exit(0))
  process.on('message', (value: number) => server.setTemperature(value))
  process.send({ endpoint: server.endpoint })
}
