/** The version of this build, from the package. */
import packageFile from '../package.json' with { type: 'json' }

export const version = packageFile.version
