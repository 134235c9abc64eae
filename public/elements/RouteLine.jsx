// The quiet line under each answer: where it came from and why, and two ways to
// ask again. All sentences come with the answer (services/route_line.py).
import { useEffect, useRef, useState } from 'react'
import { toast } from 'sonner'
import { Cloud, CloudOff, Laptop, Lock } from 'lucide-react'
import { Button } from '@/components/ui/button'
import { Dialog, DialogContent, DialogDescription, DialogFooter, DialogHeader, DialogTitle } from '@/components/ui/dialog'

const ROUTE_ICONS = { local: Laptop, cloud: Cloud, 'cloud-redacted': Lock, refused: CloudOff }

export default function RouteLine() {
  const [open, setOpen] = useState(false)
  const [asking, setAsking] = useState(false)
  const [preview, setPreview] = useState(null)

  const root = useRef(null)
  useEffect(() => {
    // The page has scrolled to the end of the text before this line was there.
    if ((props.fresh || open) && root.current) root.current.scrollIntoView({ block: 'nearest' })
  }, [open])

  const language = (navigator.language || 'en').toLowerCase().startsWith('de') ? 'de' : 'en'
  const texts = props.texts[language]
  const RouteIcon = ROUTE_ICONS[props.route] || Laptop

  async function askAgain(site, digest) {
    setAsking(true)
    setPreview(null)
    try {
      const answer = await callAction({
        name: 'ask_again',
        payload: { answerId: props.answerId, site, digest, language }
      })
      const result = answer && answer.response
      if (result && result.refused) toast.warning(result.refused)
      if (result && result.preview) setPreview(result)
    } catch (error) {
      toast.error(String(error.detail || error.message))
    } finally {
      setAsking(false)
    }
  }

  return (
    <div ref={root} className="nearside-route" data-route={props.route} data-status={props.status}>
      {texts.notice ? (
        <p role="alert" className="nearside-notice">
          {texts.notice} {props.needsModel ? <a href="/models">{texts.labels.models}</a> : null}
        </p>
      ) : null}
      <div className="nearside-line">
        <span className="nearside-origin">
          <RouteIcon className="nearside-icon" aria-hidden="true" />
          <span>{texts.line}</span>
        </span>
        <button type="button" className="nearside-why" aria-expanded={open} onClick={() => setOpen(!open)}>
          {texts.labels.why}
        </button>
        <span className="nearside-again">
          <span>{texts.labels.again}</span>
          <button type="button" disabled={asking} title={texts.labels.again_local}
            aria-label={texts.labels.again_local} onClick={() => askAgain('local')}>
            <Laptop className="nearside-icon" aria-hidden="true" />
          </button>
          <button type="button" disabled={asking} title={texts.labels.again_cloud}
            aria-label={texts.labels.again_cloud} onClick={() => askAgain('cloud')}>
            <Cloud className="nearside-icon" aria-hidden="true" />
          </button>
        </span>
      </div>
      {open ? (
        <ul className="nearside-details">
          {texts.details.map((detail, index) => <li key={index}>{detail}</li>)}
        </ul>
      ) : null}
      <Dialog open={preview !== null} onOpenChange={(shown) => { if (!shown) setPreview(null) }}>
        <DialogContent className="nearside-preview">
          <DialogHeader>
            <DialogTitle>{texts.labels.preview_title}</DialogTitle>
            <DialogDescription>{preview ? preview.destination : ''}</DialogDescription>
          </DialogHeader>
          {preview && preview.warning ? <p className="nearside-notice">{preview.warning}</p> : null}
          <p>{texts.labels.preview_intro}</p>
          <div className="nearside-preview-text" tabIndex={0}>
            {((preview && preview.preview) || []).map((message, index) => (
              <div key={index}>
                <strong>{texts.labels[message.role]}</strong>
                <pre>{message.content}</pre>
              </div>
            ))}
          </div>
          <DialogFooter>
            <Button variant="ghost" onClick={() => setPreview(null)}>{texts.labels.cancel}</Button>
            <Button onClick={() => askAgain('cloud', preview.digest)}>{texts.labels.send}</Button>
          </DialogFooter>
        </DialogContent>
      </Dialog>
    </div>
  )
}
