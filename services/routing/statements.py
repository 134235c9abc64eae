# ruff: noqa: E501 - a pattern on one line is easier to read than a folded one
"""Statements about somebody's own life, without any identifier.

"What is diabetes?" is a question; "I was diagnosed with diabetes" is private.
Each rule needs a speaker ("I", "my", "ich", "meine Tochter") next to a matter
of one category. GDPR Article 9 names the categories health, belief, sexuality
and politics; money, law, work, family and whereabouts are ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from services.routing.detectors import Span, words
from services.routing.gates import Gated, plain_text

_W = r"(?:[\w'%€$£.,-]{1,24}\s{1,3})"  # one word between two parts of a rule
_ME = r"\bi(?:'m| am| was|'ve been| have been|'ve just been| got| just got|'m being| am being)"
_MY = r"\b(?:my|our)"
_MEIN = r"\b(?:mein|unser)(?:e[rmns]?)?"
_KIN = (
    r"(?:husband|wife|partner|girlfriend|boyfriend|fianc[ée]e?|ex(?:-\w{1,12})?|spouse|son|daughter|"
    r"kids?|child(?:ren)?|baby|toddler|brother|sister|mother|father|mom|mum|dad|parents|uncle|aunt|"
    r"grand(?:ma|pa|mother|father|son|daughter)|cousin|friend|roommate|neighbou?r|colleague|co-?worker)"
)
_VERWANDT = (
    r"(?:mann|frau|ehemann|ehefrau|partner(?:in)?|freund(?:in)?|verlobte[rn]?|ex(?:-\w{1,12})?|sohn|"
    r"tochter|kind(?:er)?|baby|bruder|schwester|mutter|mama|vater|papa|eltern|oma|opa|onkel|tante|"
    r"cousine?|nachbar(?:in)?|kolleg(?:e|in))"
)
_ILL = (
    r"(?:depress\w{0,6}|anxiety|cancer|tumou?rs?|diabet\w{0,5}|hiv|aids|adhd|add|asthma|epilep\w{0,4}|ptsd|"
    r"bipolar\w{0,8}|schizo\w{0,8}|migraines?|herpes|chlamydia|syphilis|hepatitis|eating disorder|"
    r"anorexi\w|bulimi\w|panic attacks?|high blood pressure|insomnia|covid|arthritis|endometriosis|"
    r"lupus|crohn'?s?|a (?:rash|lump|fever|miscarriage|stroke|heart attack|seizure|concussion|disability)|"
    r"(?:chest|back|stomach|abdominal|severe) pains?|suicid\w{1,5}|addict\w{1,5}|autis\w{1,4}|alzheimer'?s?|"
    r"dementia|parkinson'?s?|leuk[a]?emia|an abortion|alcohol problem|drinking problem|ocd|"
    r"multiple sclerosis|kidney \w{4,10}|heart (?:disease|condition|problems?)|burn-?out)"
)
_KRANK = (
    r"(?:depress\w{0,9}|angst(?:störung\w{0,2}|zustände)|krebs\w{0,12}|tumor\w{0,2}|diabet\w{0,5}|"
    r"hiv|aids|ad(?:h)?s|asthma|epilep\w{0,6}|ptbs|bipolar\w{0,2}|schizo\w{0,8}|migräne|herpes|"
    r"chlamydien|syphilis|hepatitis|essstörung|magersucht|bulimie|panikattacken?|bluthochdruck|"
    r"schlafstörungen|covid|corona|arthritis|rheuma|endometriose|multiple sklerose|ms|morbus \w{3,12}|"
    r"schlaganfall|herzinfarkt|herzprobleme|fehlgeburt|abtreibung|burn-?out|suizid\w{0,8}|"
    r"selbstmord\w{0,8}|alkoholproblem\w{0,2}|sucht\w{0,8}|demenz|alzheimer|parkinson|"
    r"(?:brust|bauch|rücken|kopf|unterleibs)schmerzen|hautausschlag|fieber|bandscheibenvorfall|"
    r"leukämie|psychose|zwangsstörung|borderline|allergie\w{0,2})"
)

# What people call themselves addicted to without meaning it.
_TREAT = r"(?:this|that|these|chocolate|coffee|tea|sushi|pizza|reading|books?|puzzles)\b"
_LECKER = r"(?:dies\w{1,2}|schokolade|kaffee|tee|sushi|pizza|büchern|serien|rätseln)\b"

_RULES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "health",
        (
            rf"{_ME} {_W}{{0,2}}?(?:diagnosed|pregnant|suicidal|depressed|hiv[- ]positive|an alcoholic|"
            rf"addicted(?! to {_TREAT})|autistic|bipolar|infertile|disabled|anorexic|bulimic|in rehab|in therapy|"
            r"hospitali[sz]ed|self[- ]harming|bleeding|on antidepressants|on sick leave|burn(?:ed|t) out)\b",
            r"\bi(?:'ve| have| had|'ve had| have had| suffer(?:ed)? from|'m suffering from| am suffering from|"
            rf" live with|'m living with| struggle with|'m struggling with| am struggling with)"
            rf" (?:got |been having |been diagnosed with )?{_W}{{0,3}}?{_ILL}\b",
            r"\bi(?: take|'m taking| am taking|'ve been taking| have been taking|'m on| am on| was prescribed| was put on)"
            r" (?:\d{1,4} ?mg |some |my )?(?:of )?(?:\w{3,14}(?:pram|traline|oxetine|zepam|zolam|pine|mab|formin|statin)|"
            r"antidepressants|lithium|insulin|ritalin|adderall|opioids|chemo\w*|xanax|prozac|zoloft)\b",
            rf"{_MY} {_W}{{0,2}}?(?:diagnosis|depression|anxiety|cancer|diabetes|therapist|psychiatrist|"
            r"medications?|pregnancy|miscarriage|abortion|blood (?:tests?|results?|pressure)|biopsy|"
            r"chemo(?:therapy)?|symptoms|period is|erectile|hiv|addiction|prescription|disability|"
            r"surgery|mri|test results|mental health|eating disorder|illness|panic attacks?|"
            r"sick leave|medical (?:history|records?))\b",
            rf"{_MY} (?:doctor|gp|therapist|psychiatrist|gyn\w{{0,12}}) (?:said|told|says|prescribed|thinks|"
            r"found|diagnosed|wants|recommended)\b",
            rf"{_MY} {_KIN}(?:'s)? {_W}{{0,5}}?(?:{_ILL}|diagnosed|hospital|is (?:very )?(?:sick|ill|dying|pregnant)|"
            r"overdose\w?|died|passed away|dying|drinks|drinking|self[- ]harm\w{0,3}|rehab)\b",
            r"\bi (?:want to (?:die|kill myself|end (?:it|my life))|(?:have )?(?:tried|attempted) "
            r"(?:to kill myself|suicide)|cut myself|hurt myself)\b",
            rf"\bich {_W}{{0,3}}?(?:habe?|hatte|leide|litt|bekam|kämpfe)(?: ich)? {_W}{{0,5}}?{_KRANK}\b",
            rf"\b(?:habe|hab|leide|hatte) ich {_W}{{0,5}}?{_KRANK}\b",
            rf"\bich (?:bin|war|wurde|werde) {_W}{{0,4}}?(?:schwanger|depressiv|hiv[- ]positiv|alkoholiker(?:in)?|"
            rf"alkoholkrank|süchtig(?! nach {_LECKER})|abhängig|behindert|schwerbehindert|autist\w{{0,4}}|suizidal|"
            r"krankgeschrieben|in therapie|magersüchtig|unfruchtbar|chronisch krank|erkrankt|operiert|"
            r"psychisch krank|positiv getestet)\b",
            rf"\b(?:bei )?mir (?:wurde|ist|wird) {_W}{{0,5}}?(?:diagnostiziert|festgestellt|verschrieben|amputiert)\b",
            rf"{_MEIN} {_W}{{0,2}}?(?:depression(?:en)?|krebs\w{{0,12}}|diabetes|diagnose|krankheit|erkrankung|"
            r"krankschreibung|therapeut(?:in)?|psychiater(?:in)?|psychotherapie|medikamente?n?|"
            r"schwangerschaft|befund\w?|blutwerte|blutdruck|operation|chemo\w{0,8}|behinderung|"
            r"fehlgeburt|abtreibung|sucht|symptome|krankenakte|op-termin|periode|"
            r"essstörung|panikattacken|angststörung)\b",
            rf"{_MEIN} (?:haus|frauen|haut|zahn)?(?:arzt|ärztin|therapeutin?) (?:sagt\w?|hat|meint\w?|will|verschrieb)\b",
            rf"{_MEIN} {_VERWANDT} {_W}{{0,5}}?(?:{_KRANK}|krankenhaus|diagnostiziert|gestorben|verstorben|"
            r"schwer krank|schwanger|trinkt|im koma|pflegebedürftig|erkrankt)\b",
            r"\bich (?:will|möchte) (?:nicht mehr leben|sterben|mich umbringen)|\bich (?:ritze|verletze) mich\b",
            r"\bich nehme (?:\w{1,12} ){0,4}(?:antidepressiva|insulin|ritalin|lithium|\w{2,14}(?:pram|tralin|oxetin|zepam|pin))\b",
            r"\bpatient(?:in)?\s?:\s?(?!name\s?=)[^\s?\"'„“(]|\bpatient(?:in)? (?:frau|herr|mr\.?|mrs\.?|ms\.?) [a-z]",
        ),
    ),
    (
        "finances",
        (
            rf"{_MY} {_W}{{0,3}}?(?:salary|income|wages?|net worth|debts?|savings|mortgage|pension|"
            r"(?:bank )?(?:account )?balance|credit score|inheritance|rent|tax return|bonus|pay)"
            rf" (?:\w{{1,12}} ){{0,3}}?(?:is|are|was|of|=|:|went|dropped|has|have)\s?:? {_W}{{0,3}}?(?:[$€£]|\d)",
            rf"{_MY} {_W}{{0,2}}?(?:debts?|bankruptcy|gambling|insolvency|net worth)\b",
            r"\bi (?:earn|make|owe|inherited|lost|gambled away|net|gross|have saved|took out) "
            rf"{_W}{{0,3}}?(?:[$€£] ?\d|\d[\d.,]{{0,12}} ?(?:k\b|euros?|dollars?|pounds?|eur|usd|chf|francs|[$€£]))",
            r"\bi(?:'m| am) (?:\w{1,12} ){0,2}(?:in debt|bankrupt|broke|insolvent|behind on)\b",
            r"\bi (?:can'?t|cannot|couldn'?t) (?:pay|afford) (?:my|our|the) (?:rent|bills?|mortgage|loans?|debts?)\b",
            r"\b(?:i|we) (?:filed|am filing|'m filing|are filing) for bankruptcy|\bi have (?:\w{1,12} ){0,2}(?:debts?|gambling debts)\b",
            rf"{_MEIN} {_W}{{0,3}}?(?:\w{{0,12}}gehalt|\w{{0,12}}einkommen|lohn|rente|schulden\w{{0,6}}|kontostand|"
            r"vermögen|erbe|kredit|ersparnisse|abfindung|miete|gehaltserhöhung|schufa\w{0,9})"
            rf" (?:\w{{1,12}} ){{0,3}}?(?:beträgt|betragen|ist|sind|liegt|liegen|von|war|:|ergibt)",
            rf"\bich (?:verdiene|schulde|besitze|erbe|bekomme|verdien|habe) {_W}{{0,4}}?"
            r"\d[\d.,]{0,12} ?(?:k\b|tausend|euro|eur|€|franken|chf)",
            rf"\bich (?:habe|hab) {_W}{{0,4}}?(?:\w{{0,8}}schulden|privatinsolvenz)\b",
            r"\bich bin (?:\w{1,12} ){0,3}(?:verschuldet|überschuldet|pleite|insolvent|spielsüchtig)\b",
            r"\bich kann (?:\w{1,12} ){0,2}(?:miete|rechnungen?|kredit|raten?) (?:nicht|kaum)\b",
            rf"\bich verdiene {_W}{{0,3}}?(?:netto|brutto|\d)",
        ),
    ),
    (
        "legal",
        (
            rf"{_ME} {_W}{{0,2}}?(?:arrested|sued|charged with|convicted|accused|evicted|deported|indicted|"
            r"fined|on probation|on parole|undocumented|raped|assaulted|molested|abused|an illegal immigrant|subpoenaed)\b",
            rf"{_MY} {_W}{{0,2}}?(?:lawyer|attorney|solicitor|barrister|parole officer|divorce|custody|"
            r"court (?:case|date|hearing)|lawsuit|criminal record|asylum|restraining order|conviction|"
            r"settlement|visa was (?:denied|rejected|refused)|will and testament|landlord (?:is|has|wants|refuses|kept|won't|threat\w+))\b",
            r"\bi(?:'ve| have)? (?:just |once |secretly )?(?:stole|stolen|embezzled|forged|shoplifted|hit (?:him|her|my|someone)|"
            r"killed (?:someone|a|him|her)|evaded|committed|smuggled|cheated on my tax\w{0,3}|drove drunk|"
            r"lied (?:to the police|under oath|on my))\b",
            r"\bi(?:'m| am| want to| plan to) (?:suing|sue|divorcing|press charges|pressing charges)\b",
            rf"\bich (?:wurde|bin|werde) {_W}{{0,4}}?(?:verhaftet|angezeigt|verklagt|verurteilt|vorbestraft|"
            r"angeklagt|abgeschoben|vorgeladen|vergewaltigt|missbraucht|misshandelt|beschuldigt|auf bewährung|asylbewerber(?:in)?|illegal)\b",
            rf"{_MEIN} {_W}{{0,2}}?(?:anwalt|anwältin|rechtsanwalt|rechtsanwältin|scheidung|sorgerecht\w{{0,8}}|"
            r"gerichtsverfahren|gerichtstermin|scheidungstermin|vorstrafen?|strafverfahren|testament|prozess gegen|"
            r"asylantrag|bewährung\w{0,8}|vermieter(?:in)? (?:will|hat|droht|weigert|kündigt))\b",
            rf"\bich habe?\b {_W}{{0,5}}?(?:gestohlen|unterschlagen|hinterzogen|geklaut|gefälscht|schwarzgearbeitet|"
            r"schwarz gearbeitet|fahrerflucht|steuern hinterzogen|jemanden (?:verletzt|getötet)|geschlagen|erpresst)\b",
            rf"{_MEIN} {_VERWANDT} {_W}{{0,4}}?(?:gefängnis|im knast|in haft|u-haft|vorbestraft|verhaftet)\b",
            rf"{_MY} {_KIN} {_W}{{0,4}}?(?:prison|jail|arrested|convicted|on parole)\b",
            r"\b(?:anzeige|klage|verfahren|ermittelt) (?:\w{1,10} ){0,2}gegen (?:mich|meine?[nrm]?)\b",
            r"\b(?:charges|lawsuit|complaint|investigation) against me\b",
        ),
    ),
    (
        "employment",
        (
            rf"{_MY} (?:\w{{1,12}} )?(?:boss|manager|employer|supervisor|team ?lead|company|co-?workers?|colleagues?|ceo)"
            rf" {_W}{{0,4}}?(?:fired|harass\w{{0,4}}|bull(?:y|ies|ied|ying)|yell\w{{0,3}}|threat\w{{0,5}}|denied|refus\w{{0,3}}|"
            r"underpa\w{1,4}|discriminat\w{1,5}|laid|hates|abus\w{1,4}|gave me a warning|cut my|passed me over)\b",
            rf"{_ME} {_W}{{0,2}}?(?:fired|laid off|dismissed|demoted|bullied|harassed|let go|unemployed|"
            r"underpaid|passed over|discriminated)\b",
            rf"{_MY} {_W}{{0,2}}?(?:resignation|written warning|performance review|severance|notice period|"
            r"termination|unfair dismissal|job interview at|employment contract)\b",
            r"\bi(?:'m| am)? (?:want(?:ing)? to|going to|planning to|thinking (?:of|about)) (?:quit(?:ting)?|"
            r"resign(?:ing)?|leav(?:e|ing)) (?:my|this) (?:job|company|position)\b",
            rf"{_MEIN} (?:\w{{1,12}} )?(?:chef(?:in)?|vorgesetzte[rn]?|arbeitgeber(?:in)?|firma|kolleg(?:e|en|in|innen))"
            rf" {_W}{{0,5}}?(?:gekündigt|kündigen|mobb\w{{1,3}}|gemobbt|droht|gedroht|schreit|angeschrien|belästig\w{{1,3}}|"
            r"entlass\w{1,3}|abgemahnt|weigert|verweigert|diskriminier\w{1,3}|ausgenutzt|hasst)\b",
            r"\bmir (?:wurde|wird|ist) (?:\w{1,14} ){0,4}gekündigt\b",
            rf"\bich (?:wurde|werde|bin) {_W}{{0,4}}?(?:gekündigt|entlassen|abgemahnt|gemobbt|arbeitslos|"
            r"arbeitssuchend|degradiert|diskriminiert|belästigt)\b",
            rf"{_MEIN} {_W}{{0,2}}?(?:kündigung|abmahnung|arbeitszeugnis|aufhebungsvertrag|probezeit|"
            r"arbeitsvertrag|bewerbung bei|mobbing)\b",
            r"\bich (?:will|möchte|werde|überlege) (?:\w{1,14} ){0,4}(?:kündigen|zu kündigen)\b",
        ),
    ),
    (
        "relationship",
        (
            rf"{_MY} {_KIN} {_W}{{0,4}}?(?:cheat\w{{0,3}}|left me|abus\w{{1,4}}|hits? me|beats? me|lied|affair|"
            r"divorc\w{1,3}|threat\w{1,5}|broke up|doesn'?t love|won'?t (?:talk|sleep|speak)|slept with|ignores me)\b",
            r"\bi(?:'m| am|'ve been| have been|'ve| have)? (?:cheat(?:ed|ing) on|having an affair|in love with(?! (?:this|that|these|those|the)\b)|"
            r"getting (?:a )?divorced?|separated from|sleeping with|slept with|been unfaithful)\b",
            r"\bi (?:want|need) (?:a|to get a) divorce|\bi (?:want|plan|am going) to (?:leave|divorce) my\b",
            rf"{_MY} {_W}{{0,2}}?(?:marriage|affair|breakup|break-up|sex life|infidelity|relationship (?:is|with|has))\b",
            rf"{_MEIN} {_VERWANDT} {_W}{{0,5}}?(?:betrügt|betrogen|fremdgegangen|fremd|verlassen|schlägt|geschlagen|"
            r"affäre|scheiden|scheidung|trennen|getrennt|lügt|bedroht|missbrauch\w{1,2})\b",
            rf"\bich (?:habe|hab|bin|will|möchte|lasse) {_W}{{0,5}}?(?:affäre|fremdgegangen|betrogen|scheiden|"
            r"scheidung|trennen|verliebt in|getrennt von)\b",
            r"\b(?:wir|ich) (?:haben?|hatten?) (?:\w{1,14} ){0,4}?(?:scheidungstermin|ehekrise|paartherapie)\b",
            rf"{_MEIN} {_W}{{0,2}}?(?:ehe\b|ehe |affäre|trennung|beziehung|sexleben|ehekrise)",
        ),
    ),
    (
        "belief",
        (
            r"\bi(?:'m| am) (?:a |an )?(?:\w{1,12} )?(?:muslim|jew(?:ish)?|catholic|protestant|christian|hindu|buddhist|"
            r"atheist|mormon|sikh|jehovah'?s witness|communist|republican|democrat|conservative|socialist|roma)\b",
            r"\bi (?:converted to|voted for|left the church|joined the (?:union|party))\b",
            r"\bi(?:'m| am) (?:\w{1,9} ){0,2}?member of (?:the |a )?(?:\w{1,14} )?(?:party|union|church|mosque)\b",
            rf"{_MY} (?:religion|faith|political views?|church|mosque|synagogue)\b",
            r"\bich bin (?:\w{1,12} ){0,2}?(?:muslim\w{0,3}|jude|jüdin|jüdisch|katholi\w{2,4}|evangelisch|christ(?:in)?|"
            r"hindu|buddhist(?:in)?|atheist(?:in)?|gläubig|zeugin? jehovas|kommunist(?:in)?|aus der (?:\w{1,14} )?kirche (?:in \w{1,20} )?ausgetreten)\b",
            r"\bich (?:habe|wähle|werde|hab) (?:\w{1,12} ){0,3}?(?:spd|cdu|csu|afd|fdp|grünen?|linke|bsw|övp|fpö|spö|svp)"
            r"(?: \w{1,12}){0,2}? ?(?:gewählt|wählen)?\b",
            r"\bich bin (?:\w{1,12} ){0,3}?mitglied (?:\w{1,8} ){0,2}?(?:gewerkschaft|partei|kirche|ver\.?di|ig metall|"
            r"spd|cdu|csu|afd|fdp|grünen|linken)\b",
            rf"{_MEIN} (?:religion|glaube|politische \w{{4,14}}|kirchenaustritt)\b",
        ),
    ),
    (
        "sexuality",
        (
            r"\bi(?:'m| am| think i'?m| might be|'m secretly) (?:a |an )?(?:\w{1,12} )?(?:gay|lesbian|bi ?sexual|bi|"
            r"trans(?:gender)?|asexual|queer|pansexual|homosexual|non-?binary|closeted|a virgin|intersex)\b",
            rf"{_MY} (?:sexuality|sexual orientation|gender identity|transition|coming out|fetish|kink)\b",
            r"\b(?:come|coming|came) out (?:as \w{2,12} )?to my\b|\bi watch porn\b",
            r"\bich bin (?:\w{1,12} ){0,2}?(?:schwul|lesbisch|bi(?:sexuell)?|trans(?:gender|sexuell)?|asexuell|queer|"
            r"homosexuell|pansexuell|nicht-?binär|intersexuell|ungeoutet)\b",
            rf"{_MEIN} (?:sexualität|sexuelle \w{{5,14}}|geschlechtsidentität|coming-?out|outing|fetisch|transition)\b",
            r"\b(?:mich|ich mich) (?:\w{1,12} ){0,4}?(?:outen|geoutet)\b",
        ),
    ),
    (
        "children",
        (
            rf"{_MY} (?:\w{{1,12}}[- ](?:year[- ]old )?){{0,2}}?(?:sons?|daughters?|kids?|child(?:ren)?|bab(?:y|ies)|toddlers?|stepson|"
            r"stepdaughter|teenager)(?:'s (?:name|school|teacher|class|account|grades|behaviou?r)| "
            rf"(?:refuses|won'?t|attends|hates|suffers|stole|lies|wets|was caught|is being|got expelled))\b",
            rf"{_MEIN} (?:\w{{1,12}} ){{0,2}}?(?:tochter|töchter|sohn|söhne|kind(?:er|es)?|baby|stiefsohn|stieftochter) "
            r"(?:wird|heißt|leidet|weigert|besucht|lügt|klaut|wurde|weint)\b",
        ),
    ),
    (
        "whereabouts",
        (
            r"\b(?:i|we)(?:'m| am|'re| are)? (?:live|living|staying|stay|home) alone\b",
            r"\bwe(?:'re| are|'ll be| will be) (?:away )?(?:away|on (?:holiday|vacation)) (?:(?:in|at) (?:\w{1,20} ){1,3}?)?(?:until|from|for|next)\b",
            r"\b(?:nobody|no one) (?:is|will be) (?:at )?home\b|\b(?:key|keys) (?:is|are) (?:hidden )?under\b",
            r"\bi(?:'m| am) (?:staying|hiding) (?:at|in) (?:room|hotel|the hotel|my|a (?:shelter|safe house)|women'?s shelter)\b",
            r"\bich (?:wohne|lebe|bin) (?:\w{1,12} ){0,2}?allein(?:e)? (?:in|zu ?hause|im)\b",
            r"\bwir sind (?:\w{1,12} ){0,4}?(?:im urlaub|verreist|nicht (?:da|zu ?hause))\b",
            r"\b(?:niemand|keiner) (?:ist )?zu ?hause\b|\bschlüssel (?:liegt|ist|steckt) (?:\w{1,12} ){0,2}?(?:unter|hinter)\b",
            r"\bich (?:verstecke mich|bin im frauenhaus|wohne im (?:hotel|frauenhaus))\b",
        ),
    ),
)
_PATTERNS = tuple(
    (category, Gated(words("|".join(f"(?:{rule})" for rule in rules))))
    for category, rules in _RULES
)
# The words that a rule can begin with. Looking for them first and trying the
# rules only there is four times as fast as searching with every rule.
_SPEAKER = words(
    r"(?<!\w)(?:i|we|my|our|ich|wir|mein(?:e[rmns]?)?|unser(?:e[rmns]?)?|mir|mich|bei|habe?|leide|hatte|"
    r"patient(?:in)?|anzeige|klage|verfahren|ermittelt|charges|lawsuit|complaint|investigation|"
    r"come|came|coming|nobody|no|keys?|niemand|keiner|schlüssel)(?!\w)"
)


def statements(text: str) -> Iterator[Span]:
    """First-person statements about private matters."""
    plain = plain_text(text)
    rules = [(category, rule.pattern) for category, rule in _PATTERNS if rule.may_match(plain)]
    if not rules:
        return
    for speaker in _SPEAKER.finditer(text):
        for category, pattern in rules:
            if match := pattern.match(text, speaker.start()):
                yield category, match.start(), match.end()
