/** The one screen of text at a start: where to look, how to sign in, what to try. The first password is shown here and nowhere else. */
import type { AllInOne } from './all-in-one.ts'
import type { StartOptions } from './options.ts'

const schemes = { tcp: 'mqtt', tls: 'mqtts', ws: 'ws', wss: 'wss' } as const

export function writeWelcome(running: AllInOne, options: StartOptions): void {
  if (options.dev) {
    const { firstSignIn } = running
    const signIn = firstSignIn === undefined ? '' : `, sign in as ${firstSignIn.name} with ${firstSignIn.password} (shown this once)`
    process.stdout.write(`Tracegate ${running.version} runs at ${running.url}${signIn}\n`)
    return
  }
  process.stdout.write(`${welcomeLines(running, options).join('\n')}\n`)
}

function welcomeLines(running: AllInOne, options: StartOptions): string[] {
  const signIn =
    running.firstSignIn === undefined
      ? ['  Sign in       with the password shown at the first start (npm start -- --fresh makes a new one, and new data)']
      : [
          `  Sign in       name      ${running.firstSignIn.name}`,
          `                password  ${running.firstSignIn.password}   (shown this once; keep it)`
        ]
  const simulated =
    running.exampleCode === undefined
      ? []
      : [
          `  Trace page    ${running.url}/t/?code=${encodeURIComponent(running.exampleCode)}`,
          '  Make trouble  npm run scenario -- compressor-failure     (npm run scenario lists all)',
          '  Play a record npm run replay -- <file.csv>'
        ]
  return [
    '',
    `  Tracegate ${running.version} is running${options.simulator ? ' with its simulated port' : ''}.`,
    '',
    `  Console       ${running.url}/`,
    ...signIn,
    ...simulated,
    `  Interface     ${running.url}/docs`,
    `  MQTT broker   mqtt://${options.host}:${running.ports.mqtt}`,
    ...running.listeners.slice(1).map(({ type, port }) => `                ${schemes[type]}://${options.mqttHost ?? options.host}:${port}`),
    ...(running.ports.plc === undefined
      ? []
      : [
          `  OPC UA        opc.tcp://${options.host}:${running.ports.plc} (PLC), opc.tcp://${options.host}:${running.ports.reader} (gate reader)`
        ]),
    `  Data          ${running.dataDir}`,
    '',
    `  Started in ${(running.startedAfterMs / 1_000).toFixed(1)} s. Ctrl-C stops it; the next start goes on where it was.`,
    ''
  ]
}
