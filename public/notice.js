// An answer that is ready while the reader looks elsewhere is told: by a mark in the title, and by a notice of the system where the
// page may show one. The desktop window gives both through its bridge.
import { german } from './patience.js'

const READY = german ? 'Ihre Antwort ist da.' : 'Your answer is ready.'
const MARK = '● '
let running = false

function tell() {
  if (!document.title.startsWith(MARK)) document.title = MARK + document.title
  const desktop = window.pywebview?.api
  if (desktop?.answer_ready) desktop.answer_ready()
  else if (window.Notification?.permission === 'granted') {
    const notice = new Notification('Nearside', { body: READY, icon: '/public/icon.png', tag: 'nearside-answer' })
    notice.addEventListener('click', () => { window.focus(); notice.close() })
  }
}

function seen() {
  if (!document.title.startsWith(MARK)) return
  document.title = document.title.slice(MARK.length)
  window.pywebview?.api?.seen?.()
}

window.addEventListener('focus', seen)
document.addEventListener('visibilitychange', () => { if (document.hasFocus()) seen() })

// The page shows its stop button for as long as an answer is being written.
new MutationObserver(() => {
  const before = running
  running = document.getElementById('stop-button') !== null
  if (before && !running && !document.hasFocus()) tell()
}).observe(document.documentElement, { childList: true, subtree: true })
