/** The options of the kit on the command line: one schema, from which the help and the table of the README come. */
import { Type, type Static } from 'typebox'
import { languages } from './requirements.ts'

export const kitPrefix = 'TRACEGATE_CONFORMANCE'
/** Environment variable of the secret: never a flag, which every user of the machine could read. */
export const secretVariable = 'TRACEGATE_CONFORMANCE_SECRET'

const Name = (description: string) => Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description })

export const KitOptions = Type.Object(
  {
    point: Type.Optional(Name('Monitoring point of the device; needed for a live run')),
    device: Type.Optional(Name('Id of the device that is judged; needed for a live run')),
    agent: Type.Optional(Name('Device that signs in, where a gateway or agent speaks for the judged one')),
    listen: Type.String({ default: '127.0.0.1:1884', description: 'Address to listen on, host:port; port 0 takes a free one' }),
    only: Type.String({ default: '', description: 'Judge these requirements only: ids with commas, x for any digit (TG-4xx)' }),
    skip: Type.String({ default: '', description: 'Leave these requirements out' }),
    passive: Type.Boolean({ default: false, description: 'Bring about no faults and give no orders: only watch, about half a minute' }),
    duration: Type.Integer({
      minimum: 10,
      maximum: 86_400,
      default: 900,
      description: 'Longest run in seconds; steps left then are not run'
    }),
    patience: Type.Integer({
      minimum: 1,
      maximum: 3_600,
      default: 90,
      description: 'Wait in seconds for the device to connect, first and again'
    }),
    interval: Type.Integer({
      minimum: 1,
      maximum: 3_600,
      default: 10,
      description: 'Longest time in seconds between two messages of the device'
    }),
    restartCommand: Type.Optional(Type.String({ description: 'Command that ends the device in good order and starts it again' })),
    clockCommand: Type.Optional(
      Type.String({ description: 'Command that moves the clock of the device; called with seconds, such as +3600 or -7200' })
    ),
    scanCommand: Type.Optional(Type.String({ description: 'Command that puts a label or a tag in front of the reader' })),
    json: Type.Optional(Type.String({ description: 'File for the verdicts as JSON' })),
    junit: Type.Optional(Type.String({ description: 'File for the verdicts as JUnit XML' })),
    capture: Type.Optional(Type.String({ description: 'File for everything that was seen, to be judged again' })),
    language: Type.Enum(languages, { default: 'en', description: 'Language of the requirements' }),
    explain: Type.Optional(Type.String({ description: 'Print the text of a requirement, and nothing else' })),
    timeScale: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 1,
      description: 'Factor on every time of the contract; below 1 only for trying the kit out'
    })
  },
  { additionalProperties: false }
)
export type KitOptions = Static<typeof KitOptions>
