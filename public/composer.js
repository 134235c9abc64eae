// The message box: no text in it is lost, whatever the page does meanwhile.

// The text being typed is put away when the page goes, and taken out where it belongs.
const DRAFT = 'nearside-draft'
const composer = () => document.getElementById('chat-input')

export function keepDraft(path) {
  const text = composer()?.value
  if (text) sessionStorage.setItem(DRAFT, JSON.stringify({ path, text }))
}

function restoreDraft() {
  const box = composer()
  const draft = box && JSON.parse(sessionStorage.getItem(DRAFT))
  if (draft?.path !== location.pathname || box.value) return
  // A conversation has another message box until its messages have come.
  if (draft.path !== '/' && document.getElementById('welcome-screen')) return
  sessionStorage.removeItem(DRAFT)
  write(draft.text)
}

// Past React's own setter, so that it takes the change for typing.
function write(text) {
  const box = composer()
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set.call(box, text)
  box.dispatchEvent(new Event('input', { bubbles: true }))
}

// A message that was not taken, because of its files, goes back to where it was written, before what has been typed since.
// The framework may be about to exchange the message box, as an empty conversation has another one; the text then moves on.
let back = null

function restore(text) {
  const typed = composer()?.value
  if (!text || !composer()) return
  write(typed ? `${text}\n\n${typed}` : text)
  back = { box: composer(), text: composer().value }
}

window.addEventListener('message', ({ source, data }) => {
  if (source === window && typeof data?.unsent === 'string') restore(data.unsent)
})

function moveOn() {
  if (!back) return
  const box = composer()
  if (back.box.isConnected) {
    if (back.box.value !== back.text) back = null
  } else if (box && !box.value) {
    write(back.text)
    back = { box, text: back.text }
  }
}

// Enter before a new conversation is ready: the framework does not take it. The message goes as soon as it does, unless it was changed.
let early = ''

function noteIfNotTaken(text) {
  if (!text.trim() || composer()?.value !== text || document.querySelector('[data-step-type]')) return
  early = text
  back = { box: composer(), text }
  sendEarly()
}

function sendEarly() {
  if (!early || !composer()) return
  if (composer().value !== early) early = ''
  const send = early && document.querySelector('#chat-submit:not([disabled])')
  if (!send) return
  early = ''
  send.click()
}

// Sent by hand: from now on it is a message like any other.
document.addEventListener('keydown', ({ key, shiftKey, isComposing, target }) => {
  if (key !== 'Enter') return
  back = null
  if (target === composer() && !shiftKey && !isComposing) setTimeout(noteIfNotTaken, 0, target.value)
}, true)
document.addEventListener('click', ({ target }) => {
  if (target.closest?.('#chat-submit')) back = null
}, true)

window.addEventListener('pagehide', () => keepDraft(location.pathname))

new MutationObserver(() => {
  restoreDraft()
  moveOn()
  sendEarly()
}).observe(document.documentElement, { childList: true, subtree: true, attributeFilter: ['disabled'] })
