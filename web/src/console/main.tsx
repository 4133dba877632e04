/** Starts the console. */
import i18next from 'i18next'
import { createRoot } from 'react-dom/client'
import { followSettings, settings } from '../shared/browser.ts'
import { consoleEn } from '../text/console-en.ts'
import { consoleZh } from '../text/console-zh.ts'
import { startTexts } from '../text/text.ts'
import { App } from './app.tsx'
import '../shared/base.css'
import './console.css'

await startTexts(settings.get().language, { zh: consoleZh, en: consoleEn })
followSettings((language) => void i18next.changeLanguage(language))
const root = document.getElementById('root')
if (root !== null) createRoot(root).render(<App />)
