/** Certificates for tests, made by Debian's openssl in a folder of their own. For tests only. */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Pair {
  readonly key: string
  readonly certificate: string
  readonly keyPath: string
  readonly certificatePath: string
}

export interface CertificateOffice extends AsyncDisposable {
  readonly folder: string
  authority(name: string): Pair
  /** Signed by the authority, or by itself without one. */
  issue(options: { readonly subject: string; readonly alternative?: string; readonly by?: Pair; readonly days?: number }): Pair
}

/** Undefined where there is no openssl. */
export async function openCertificateOffice(): Promise<CertificateOffice | undefined> {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
  } catch {
    if (process.env['CI'] === 'true') throw new Error('Cannot make certificates: openssl is missing, expected it to be installed')
    return undefined
  }
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-certificates-'))
  const make = (options: {
    readonly subject: string
    readonly extensions: readonly string[]
    readonly by?: Pair
    readonly days?: number
  }): Pair => {
    const keyPath = join(folder, `${randomUUID()}.key`)
    const certificatePath = join(folder, `${randomUUID()}.pem`)
    const by = options.by === undefined ? [] : ['-CA', options.by.certificatePath, '-CAkey', options.by.keyPath]
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', keyPath]
    const extensions = options.extensions.flatMap((extension) => ['-addext', extension])
    const days = ['-days', String(options.days ?? 30), '-subj', options.subject, '-out', certificatePath]
    execFileSync('openssl', ['req', '-x509', ...curve, ...by, ...extensions, ...days], { stdio: 'ignore' })
    return { keyPath, certificatePath, key: readFileSync(keyPath, 'utf8'), certificate: readFileSync(certificatePath, 'utf8') }
  }
  return {
    folder,
    authority: (name) => make({ subject: `/CN=${name}`, extensions: [] }),
    issue({ subject, alternative, ...rest }) {
      const extensions = ['basicConstraints=critical,CA:FALSE', ...(alternative === undefined ? [] : [`subjectAltName=${alternative}`])]
      return make({ subject, extensions, ...rest })
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true })
  }
}
