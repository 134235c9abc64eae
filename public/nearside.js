// Language and theme of the page, and the menu for export and our own pages in the header. It waits for the page's own header and is put
// back whenever the page draws that header anew.
import { german } from './patience.js'
import './notice.js'

(() => {
  const texts = german
    ? { title: 'Modelle, Export und Datenschutz', models: 'Modelle', rules: 'Regeln', left: 'Was diesen Computer verlassen hat', markdown: 'Dieses Gespräch (Markdown)', json: 'Dieses Gespräch (JSON)', all: 'Alle Gespräche (JSON Lines)' }
    : { title: 'Models, export and privacy', models: 'Models', rules: 'Rules', left: 'What left this computer', markdown: 'This conversation (Markdown)', json: 'This conversation (JSON)', all: 'All conversations (JSON Lines)' }
  const icon = '<svg width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M12 4v11m0 0 4-4m-4 4-4-4M5 20h14"/></svg>'

  // Until the reader chooses, the page is as light or dark as the system.
  if (!localStorage.getItem('vite-ui-theme')) localStorage.setItem('vite-ui-theme', 'system')
  document.documentElement.lang = german ? 'de' : 'en'

  function items() {
    const thread = location.pathname.match(/^\/thread\/([\w-]+)/)
    const links = thread
      ? [[`/api/export/${thread[1]}.md`, texts.markdown], [`/api/export/${thread[1]}.json`, texts.json]]
      : []
    return [...links, ['/api/export/all.jsonl', texts.all], ['/left', texts.left], ['/rules', texts.rules], ['/models', texts.models]]
  }

  function close(holder) {
    const menu = holder.querySelector('.nearside-menu')
    if (menu) menu.remove()
    holder.querySelector('button').setAttribute('aria-expanded', 'false')
  }

  function open(holder) {
    const menu = document.createElement('div')
    menu.className = 'nearside-menu'
    menu.setAttribute('role', 'menu')
    for (const [url, label] of items()) {
      const link = document.createElement('a')
      link.href = url
      if (url.startsWith('/api/')) link.download = ''
      link.setAttribute('role', 'menuitem')
      link.textContent = label
      link.addEventListener('click', () => close(holder))
      menu.append(link)
    }
    holder.append(menu)
    holder.querySelector('button').setAttribute('aria-expanded', 'true')
    menu.querySelector('a').focus()
  }

  function button() {
    const holder = document.createElement('div')
    holder.id = 'nearside-export'
    holder.className = 'nearside-menu-button'
    holder.innerHTML = `<button type="button" aria-haspopup="menu" aria-expanded="false" title="${texts.title}" aria-label="${texts.title}">${icon}</button>`
    holder.querySelector('button').addEventListener('click', () =>
      holder.querySelector('.nearside-menu') ? close(holder) : open(holder))
    holder.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') { close(holder); holder.querySelector('button').focus() }
    })
    document.addEventListener('click', (event) => { if (!holder.contains(event.target)) close(holder) })
    return holder
  }

  function place() {
    const theme = document.getElementById('theme-toggle')
    if (theme && !document.getElementById('nearside-export')) theme.before(button())
  }

  new MutationObserver(place).observe(document.documentElement, { childList: true, subtree: true })
})()
