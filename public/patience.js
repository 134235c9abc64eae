// What the page does while the server is gone. The framework takes a failed request for a person who has signed out, and leaves a
// conversation that cannot be opened at once. Here, what only reads waits until the server answers again, and the address follows the
// conversation that is shown.
import { keepDraft } from './composer.js'

export const german = (navigator.language || 'en').toLowerCase().startsWith('de')

const texts = german
  ? {
      away: 'Nearside antwortet gerade nicht.',
      waiting: 'Nearside antwortet gerade nicht. Das Gespräch öffnet sich, sobald es wieder da ist.',
      unknown: 'Dieses Gespräch ist nicht mehr gespeichert.',
      search: 'Die Suche hat nicht geklappt. Bitte versuchen Sie es noch einmal.',
      large: 'Nicht angehängt: Eine Datei darf höchstens $1 MB groß sein.',
      many: 'Nicht angehängt: An eine Nachricht lassen sich höchstens 5 Dateien anhängen.',
    }
  : {
      away: 'Nearside does not answer at the moment.',
      waiting: 'Nearside does not answer at the moment. The conversation opens as soon as it does.',
      unknown: 'This conversation is not stored any more.',
      search: 'The search did not work. Please try again.',
      large: 'Not attached: a file may have at most $1 MB.',
      many: 'Not attached: at most 5 files can be attached to one message.',
    }

const PAUSE = 1000 // ms between two looks whether the server is back
const READING = new Set(['/project/threads', '/set-session-cookie']) // by POST, and yet they can be repeated
const SEARCH = /"search":"/ // a search belongs to what is typed now: it fails at once instead of answering late
const ask = window.fetch.bind(window)

async function serverIsBack() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
    try {
      if ((await ask('/api/health', { cache: 'no-store' })).ok) return
    } catch { /* not yet */ }
  }
}

function canWait({ pathname }, { method = 'GET', body }) {
  return method === 'GET' || (method === 'POST' && READING.has(pathname) && !SEARCH.test(body))
}

window.fetch = async (input, options) => {
  const url = new URL(input.url ?? input, location.href)
  for (;;) {
    try {
      return await ask(input, options)
    } catch (failure) {
      const unreachable = failure instanceof TypeError && url.origin === location.origin
      if (!unreachable) throw failure
      if (!canWait(url, options ?? input)) throw new TypeError(texts.away, { cause: failure })
      await serverIsBack()
    }
  }
}

// The server says which stored conversation it shows. The framework stays at the address of a new chat where the list of
// conversations is hidden, as on a phone, and where a conversation could not be opened at once; a reload would then show an empty chat.
function follow(conversation) {
  if (location.pathname !== '/') return
  const address = `/thread/${conversation}`
  keepDraft(address)
  history.pushState({ ...history.state, idx: (history.state?.idx ?? 0) + 1 }, '', address)
  window.dispatchEvent(new PopStateEvent('popstate', { state: history.state }))
}

// The server says that it begins a conversation. If one is on the page already, the server has forgotten it, for it was temporary
// and the server was started anew. The framework passes what is posted here on to the server.
function object() {
  if (document.querySelector('[data-step-type]')) window.postMessage({ unknown: true }, location.origin)
}

window.addEventListener('message', ({ source, data }) => {
  if (source !== window) return
  if (data?.conversation) follow(data.conversation)
  if (data?.begun) object()
})

// The framework has these sentences in English only.
const SENTENCES = [
  [/^Couldn't resume chat$/, texts.waiting],
  [/^Couldn't resume chat: .*$/s, texts.unknown],
  [/^Error fetching threads: .*$/s, texts.search],
  [/^File is larger than (\d+) MB$/, texts.large],
  [/^Too many files$/, texts.many],
]

function readNotices() {
  for (const title of document.querySelectorAll('[data-sonner-toast] [data-title]')) {
    const said = title.firstChild
    const known = SENTENCES.find(([pattern]) => pattern.test(said?.data ?? ''))
    if (known) said.data = said.data.replace(...known)
  }
}

new MutationObserver(readNotices).observe(document.documentElement, { childList: true, subtree: true })
